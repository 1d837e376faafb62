package io.rabia.kvstore;

/**
 * What is in a store, equal on all replicas at the same slot.
 *
 * @param entries keys
 * @param memoryBytes of keys, values and {@link KvStateMachine#ENTRY_OVERHEAD}
 * @param version of the store: how many changes there were
 * @param expiring keys with a time to live
 * @param nextExpiry log time in nanoseconds at which the next of them is over; 0: none
 * @param logTime of the last command, in nanoseconds
 * @param events changes in the history
 * @param eventBytes of their entries and what an event counts beside
 */
public record StoreStatistics(
    int entries,
    long memoryBytes,
    long version,
    int expiring,
    long nextExpiry,
    long logTime,
    int events,
    long eventBytes) {}
