@NullMarked
package io.rabia.kvstore;

import org.jspecify.annotations.NullMarked;
