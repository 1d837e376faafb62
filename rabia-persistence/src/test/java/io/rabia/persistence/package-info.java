@NullMarked
package io.rabia.persistence;

import org.jspecify.annotations.NullMarked;
