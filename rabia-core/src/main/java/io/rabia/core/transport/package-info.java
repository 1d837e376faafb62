@NullMarked
package io.rabia.core.transport;

import org.jspecify.annotations.NullMarked;
