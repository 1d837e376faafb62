package io.rabia.leader;

import io.rabia.engine.Fence;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.function.ObjLongConsumer;

/** A {@link LeaderStateMachine} whose state is shown after each command, with its slot. */
record Watched(LeaderStateMachine machine, ObjLongConsumer<LeaderView> watch) implements Fence {
  @Override
  public byte[] apply(long slot, long logTime, ByteBuffer command) {
    byte[] result = machine.apply(slot, logTime, command);
    watch.accept(machine.view(), slot);
    return result;
  }

  @Override
  public boolean admits(long logTime, ByteBuffer token) {
    return machine.admits(logTime, token);
  }

  @Override
  public byte[] query(ByteBuffer query) {
    return machine.query(query);
  }

  @Override
  public void snapshot(OutputStream target) throws IOException {
    machine.snapshot(target);
  }

  @Override
  public void restore(InputStream source) throws IOException {
    machine.restore(source);
  }

  @Override
  public long stateHash() {
    return machine.stateHash();
  }
}
