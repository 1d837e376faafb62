@NullMarked
package io.rabia.engine.protocol;

import org.jspecify.annotations.NullMarked;
