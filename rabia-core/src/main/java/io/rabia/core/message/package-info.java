@NullMarked
package io.rabia.core.message;

import org.jspecify.annotations.NullMarked;
