@NullMarked
package io.rabia.core.statemachine;

import org.jspecify.annotations.NullMarked;
