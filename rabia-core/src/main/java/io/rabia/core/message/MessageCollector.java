package io.rabia.core.message;

import io.rabia.core.CommandBatch;
import io.rabia.core.StateValue;
import io.rabia.core.Token;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Turns what it hears into {@link Message} records, for JSON, traces and tests. One thread. */
public final class MessageCollector implements MessageHandler {
  private final List<Message> messages = new ArrayList<>();

  /** What was heard since the last {@link #clear}, in order; a copy. */
  public List<Message> messages() {
    return List.copyOf(messages);
  }

  public void clear() {
    messages.clear();
  }

  @Override
  public void onPropose(long slot, long id, @Nullable CommandBatch batch) {
    messages.add(new Message.Propose(slot, id, batch));
  }

  @Override
  public void onVote1(long slot, int phase, byte value, long id) {
    messages.add(new Message.Vote1(slot, phase, StateValue.of(value), id));
  }

  @Override
  public void onVote2(long slot, int phase, byte value, long id) {
    messages.add(new Message.Vote2(slot, phase, StateValue.of(value), id));
  }

  @Override
  public void onDecide(long slot, long id, @Nullable CommandBatch batch) {
    messages.add(new Message.Decide(slot, id, batch));
  }

  @Override
  public void onOffer(long slot, @Nullable CommandBatch batch) {
    messages.add(new Message.Offer(slot, batch));
  }

  @Override
  public void onBatchRequest(long id) {
    messages.add(new Message.BatchRequest(id));
  }

  @Override
  public void onBatchReply(CommandBatch batch) {
    messages.add(new Message.BatchReply(batch));
  }

  @Override
  public void onCatchUpRequest(long fromSlot, int maxBytes) {
    messages.add(new Message.CatchUpRequest(fromSlot, maxBytes));
  }

  @Override
  public void onCatchUpEnd(long nextSlot) {
    messages.add(new Message.CatchUpEnd(nextSlot));
  }

  @Override
  public void onReadProbe(long nonce) {
    messages.add(new Message.ReadProbe(nonce));
  }

  @Override
  public void onReadReply(long nonce, long highestSlot) {
    messages.add(new Message.ReadReply(nonce, highestSlot));
  }

  @Override
  public void onHeartbeat() {
    messages.add(new Message.Heartbeat());
  }

  @Override
  public void onStateHash(long applied, long hash) {
    messages.add(new Message.StateHash(applied, hash));
  }

  @Override
  public void onFormationAsk(Token founder) {
    messages.add(new Message.FormationAsk(founder));
  }

  @Override
  public void onFormationPromise(Token founder, Token own) {
    messages.add(new Message.FormationPromise(founder, own));
  }

  @Override
  public void onInit(ByteBuffer init) {
    messages.add(new Message.Init(init));
  }

  @Override
  public void onIdentity(int nodeId, Token token) {
    messages.add(new Message.Identity(nodeId, token));
  }

  @Override
  public void onNumbers(long end) {
    messages.add(new Message.Numbers(end));
  }

  @Override
  public void onSnapshotOffer(long applied, long length, int checksum) {
    messages.add(new Message.SnapshotOffer(applied, length, checksum));
  }

  @Override
  public void onSnapshotRequest(long applied, int checksum, long offset) {
    messages.add(new Message.SnapshotRequest(applied, checksum, offset));
  }

  @Override
  public void onSnapshotChunk(long applied, int checksum, long offset, ByteBuffer bytes) {
    messages.add(new Message.SnapshotChunk(applied, checksum, offset, bytes));
  }

  @Override
  public void onInstalled(long applied) {
    messages.add(new Message.Installed(applied));
  }
}
