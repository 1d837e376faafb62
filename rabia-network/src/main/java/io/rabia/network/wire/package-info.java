@NullMarked
package io.rabia.network.wire;

import org.jspecify.annotations.NullMarked;
