@NullMarked
package io.rabia.core.batching;

import org.jspecify.annotations.NullMarked;
