package io.rabia.examples;

import io.rabia.core.statemachine.Codec;
import io.rabia.core.statemachine.TypedStateMachine;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A state machine of one's own: a hall whose seats are sold one after the other. A command is the
 * name of who buys the next seat, its response the number of that seat, or 0 when all are sold; a
 * query is a name, too, and is answered with how many seats that one has.
 */
final class BoxOffice extends TypedStateMachine<String, Long, List<String>> {
  static final Codec<String> NAMES = Codec.utf8();
  static final Codec<Long> SEATS = Codec.int64();

  private static final String SEPARATOR = "\n";

  private final int seats;
  private final List<String> sold = new ArrayList<>();

  BoxOffice(int seats) {
    super(NAMES, SEATS, Codec.of(BoxOffice::bytes, BoxOffice::names));
    this.seats = seats;
  }

  private static byte[] bytes(List<String> names) {
    return NAMES.encode(String.join(SEPARATOR, names));
  }

  private static List<String> names(ByteBuffer bytes) {
    String text = NAMES.decode(bytes);
    return text.isEmpty() ? List.of() : List.of(text.split(SEPARATOR));
  }

  @Override
  protected Long execute(long slot, long logTime, String name) {
    if (sold.size() == seats) {
      return 0L;
    }
    sold.add(name);
    return (long) sold.size();
  }

  @Override
  protected Long answer(String name) {
    return sold.stream().filter(name::equals).count();
  }

  @Override
  protected List<String> state() {
    return sold;
  }

  @Override
  protected void state(List<String> restored) {
    sold.clear();
    sold.addAll(restored);
  }
}
