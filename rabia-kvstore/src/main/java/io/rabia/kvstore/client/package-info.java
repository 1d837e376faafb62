@NullMarked
package io.rabia.kvstore.client;

import org.jspecify.annotations.NullMarked;
