package io.rabia.benchmarks.aeron;

import io.aeron.driver.MediaDriver;
import io.rabia.benchmarks.cluster.Target;
import io.rabia.benchmarks.port.PortProtocol;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.agrona.concurrent.IdleStrategy;

/**
 * The cluster over Aeron's own client, as many sessions as asked for, all polled by one thread that
 * idles by backing off.
 */
final class AeronTarget implements Target {
  private static final int TASKS = 1024;

  private final AeronSession[] sessions;
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();

  AeronTarget(String addresses, int connections) {
    String[] members = addresses.split(",", -1);
    StringBuilder endpoints = new StringBuilder();
    for (int i = 0; i < members.length; i++) {
      endpoints.append(i == 0 ? "" : ",").append(i).append('=').append(members[i]);
    }
    String directory = MediaDriver.launch(AeronNode.driver()).aeronDirectoryName();
    sessions = new AeronSession[connections];
    for (int i = 0; i < sessions.length; i++) {
      sessions[i] = new AeronSession(endpoints.toString(), directory);
    }
    Thread thread = new Thread(this::run, "aeron-load");
    thread.setDaemon(true);
    thread.start();
  }

  private void run() {
    IdleStrategy idle = AeronNode.idle();
    while (true) {
      int work = 0;
      for (AeronSession session : sessions) {
        work += session.poll();
      }
      work += runTasks();
      for (AeronSession session : sessions) {
        work += session.send();
      }
      idle.idle(work);
    }
  }

  private int runTasks() {
    int run = 0;
    for (Runnable task = tasks.poll(); task != null; task = run < TASKS ? tasks.poll() : null) {
      task.run();
      run++;
    }
    return run;
  }

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  @Override
  public void write(int client, byte[] key, byte[] value, Outcome outcome) {
    byte[] content = new byte[Short.BYTES + key.length + value.length];
    ByteBuffer.wrap(content).putShort((short) key.length).put(key).put(value);
    sessions[client % sessions.length].submit(PortProtocol.WRITE, content, outcome);
  }

  @Override
  public void read(int client, byte[] key, Outcome outcome) {
    sessions[client % sessions.length].submit(PortProtocol.READ, key, outcome);
  }

  @Override
  public int home(int client) {
    return 0;
  }

  @Override
  public int homes() {
    return 1;
  }

  @Override
  public long resent() {
    return Arrays.stream(sessions).mapToLong(AeronSession::resent).sum();
  }

  @Override
  public int leader() {
    return sessions[0].leader();
  }
}
