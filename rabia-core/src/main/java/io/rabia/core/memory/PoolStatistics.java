package io.rabia.core.memory;

/**
 * A moment of a {@link MemoryPool}.
 *
 * @param acquired buffers handed out since the start
 * @param released buffers given back since the start
 * @param allocated of those handed out, how many had to be allocated; the others were reused
 * @param exhausted acquisitions refused because the size class was used up
 * @param leaked buffers garbage collected without a release; always 0 without leak detection
 * @param pooledBytes direct memory that the pool holds, in use and idle
 */
public record PoolStatistics(
    long acquired, long released, long allocated, long exhausted, long leaked, long pooledBytes) {

  /** Buffers handed out and neither given back nor lost. */
  public long inUse() {
    return acquired - released - leaked;
  }
}
