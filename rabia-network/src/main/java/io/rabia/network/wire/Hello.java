package io.rabia.network.wire;

import io.rabia.core.ClusterId;

/**
 * The first frame of a client.
 *
 * @param version of the protocol, {@link Frames#VERSION} or below
 * @param clusterId {@link ClusterId#NONE} before the client learned it
 * @param maxFrame bytes of the largest frame that the client takes; unbounded in version 1
 */
public record Hello(int version, ClusterId clusterId, int maxFrame) {}
