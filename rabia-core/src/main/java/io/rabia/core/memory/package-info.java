@NullMarked
package io.rabia.core.memory;

import org.jspecify.annotations.NullMarked;
