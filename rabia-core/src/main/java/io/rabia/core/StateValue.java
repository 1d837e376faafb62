package io.rabia.core;

/** The value of a vote (paper, Algorithm 2). On the hot path it is the byte {@link #code()}. */
public enum StateValue {
  V0,
  V1,
  VQUESTION;

  public static final byte CODE_V0 = 0;
  public static final byte CODE_V1 = 1;
  public static final byte CODE_VQUESTION = 2;

  private static final StateValue[] VALUES = values();

  public byte code() {
    return (byte) ordinal();
  }

  public static StateValue of(byte code) {
    return VALUES[code];
  }
}
