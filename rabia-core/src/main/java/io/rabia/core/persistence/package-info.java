@NullMarked
package io.rabia.core.persistence;

import org.jspecify.annotations.NullMarked;
