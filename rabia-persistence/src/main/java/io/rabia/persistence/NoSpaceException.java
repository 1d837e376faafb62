package io.rabia.persistence;

import java.io.IOException;

/**
 * The disk has no room, or none for this user. Thrown by what writes to, creates or forces a file;
 * part of the bytes may have been written. Unlike any other failure of a {@link Disk} it may be
 * over later.
 */
public final class NoSpaceException extends IOException {
  private static final long serialVersionUID = 1L;

  public NoSpaceException(String message) {
    super(message);
  }
}
