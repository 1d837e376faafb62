@NullMarked
package io.rabia.engine;

import org.jspecify.annotations.NullMarked;
