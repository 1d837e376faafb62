package io.rabia.testing.sim;

/**
 * What a node did for clients.
 *
 * @param operations that it answered
 * @param askedAgain how often clients had asked other nodes before, or this one, for those
 * @param medianNanos between a client's wish and its answer, 0 without any
 */
public record Served(long operations, long askedAgain, long medianNanos) {}
