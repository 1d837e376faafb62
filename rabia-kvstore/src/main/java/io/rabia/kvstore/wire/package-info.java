@NullMarked
package io.rabia.kvstore.wire;

import org.jspecify.annotations.NullMarked;
