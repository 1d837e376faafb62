package io.rabia.benchmarks.cluster;

/**
 * A load.
 *
 * @param operation what is asked for
 * @param clients requests outstanding at most
 * @param keySize bytes
 * @param valueSize bytes
 * @param keys random keys out of so many
 * @param settleSeconds before it counts
 * @param seconds that count
 * @param rate requests a second, sent at fixed times and measured from those; 0: each client sends
 *     the next one when it has its answer
 * @param timeline whether what happened when is of interest
 */
record LoadSpec(
    Operation operation,
    int clients,
    int keySize,
    int valueSize,
    int keys,
    double settleSeconds,
    double seconds,
    double rate,
    boolean timeline) {

  /** What clients ask for. */
  enum Operation {
    WRITE,
    READ,

    /** Every key is written once, in turn, however long it takes. */
    FILL
  }

  Fields fields() {
    return Fields.of(
        "operation", operation,
        "clients", clients,
        "key", keySize,
        "size", valueSize,
        "keys", keys,
        "settle", settleSeconds,
        "seconds", seconds,
        "rate", rate,
        "timeline", timeline);
  }

  static LoadSpec of(Fields fields) {
    return new LoadSpec(
        Operation.valueOf(fields.text("operation")),
        (int) fields.number("clients"),
        (int) fields.number("key"),
        (int) fields.number("size"),
        (int) fields.number("keys"),
        fields.decimal("settle"),
        fields.decimal("seconds"),
        fields.decimal("rate"),
        Boolean.parseBoolean(fields.text("timeline")));
  }
}
