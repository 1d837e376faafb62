@NullMarked
package io.rabia.core;

import org.jspecify.annotations.NullMarked;
