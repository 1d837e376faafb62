/**
 * The client port that a replicated state machine of another library is put behind, with a map as
 * that machine. Runs on the Netty that the library brings (4.1 or 4.2), so it uses what both have.
 */
@NullMarked
package io.rabia.benchmarks.port;

import org.jspecify.annotations.NullMarked;
