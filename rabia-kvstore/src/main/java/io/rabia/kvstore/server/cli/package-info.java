@NullMarked
package io.rabia.kvstore.server.cli;

import org.jspecify.annotations.NullMarked;
