package io.rabia.engine;

/**
 * The newest snapshot of a member.
 *
 * @param applied slots that it stands for
 * @param own bytes of the member's own part, which stand before the shared one
 * @param length bytes of the shared part
 * @param checksum CRC32C of the shared part: with {@code applied} it names the snapshot, since no
 *     two members write the same bytes
 */
record KeptSnapshot(long applied, int own, long length, int checksum) {}
