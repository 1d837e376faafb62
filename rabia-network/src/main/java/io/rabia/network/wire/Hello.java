package io.rabia.network.wire;

import io.rabia.core.ClusterId;

/**
 * The first frame of a client.
 *
 * @param version of the protocol, {@link Frames#VERSION}
 * @param clusterId {@link ClusterId#NONE} before the client learned it
 */
public record Hello(int version, ClusterId clusterId) {}
