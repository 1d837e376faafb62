@NullMarked
package io.rabia.kvstore.server.redis;

import org.jspecify.annotations.NullMarked;
