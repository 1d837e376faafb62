@NullMarked
package io.rabia.kvstore.server.http;

import org.jspecify.annotations.NullMarked;
