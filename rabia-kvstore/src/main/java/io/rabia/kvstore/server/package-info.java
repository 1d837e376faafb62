@NullMarked
package io.rabia.kvstore.server;

import org.jspecify.annotations.NullMarked;
