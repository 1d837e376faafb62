package io.rabia.testing;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/** One connection through a {@link TcpProxy}. Owned by the proxy's thread. */
final class ProxiedConnection {
  private final SocketChannel client;
  private final SocketChannel target;
  private final SelectionKey clientKey;
  private final SelectionKey targetKey;
  private final ProxyPipe toTarget;
  private final ProxyPipe toClient;
  private boolean connected;
  private boolean over;

  /**
   * @param target on its way to be connected
   */
  ProxiedConnection(
      Selector selector,
      SocketChannel client,
      SocketChannel target,
      ProxyPipe toTarget,
      ProxyPipe toClient)
      throws IOException {
    this.client = client;
    this.target = target;
    this.toTarget = toTarget;
    this.toClient = toClient;
    clientKey = client.register(selector, 0, this);
    targetKey = target.register(selector, SelectionKey.OP_CONNECT, this);
    connected = target.isConnected();
  }

  void onReady(SelectionKey key, ByteBuffer buffer, long now) {
    if (over) {
      return;
    }
    if (key.isConnectable()) {
      finishConnecting();
    } else if (key.isReadable()) {
      (key == clientKey ? toTarget : toClient).read(buffer, now);
    }
  }

  private void finishConnecting() {
    try {
      connected = target.finishConnect();
    } catch (IOException refused) {
      reset();
    }
  }

  /**
   * Passes on what is due.
   *
   * @return nanoseconds until more is
   */
  long advance(long now) {
    if (over || !connected) {
      return ProxyPipe.NEVER;
    }
    long wait = Math.min(toTarget.advance(now), toClient.advance(now));
    if (toTarget.mustReset() || toClient.mustReset()) {
      reset();
    } else if (toTarget.finished() && toClient.finished() || toTarget.over() && toClient.over()) {
      close();
    } else {
      clientKey.interestOps(interest(toTarget, toClient));
      targetKey.interestOps(interest(toClient, toTarget));
    }
    return over ? ProxyPipe.NEVER : wait;
  }

  private static int interest(ProxyPipe from, ProxyPipe to) {
    return (from.wantsToRead() ? SelectionKey.OP_READ : 0)
        | (to.blocked() ? SelectionKey.OP_WRITE : 0);
  }

  boolean isOver() {
    return over;
  }

  /** Breaks it, which both ends notice at once. */
  void reset() {
    over = true;
    TcpProxy.reset(client);
    TcpProxy.reset(target);
  }

  private void close() {
    over = true;
    TcpProxy.closeQuietly(client);
    TcpProxy.closeQuietly(target);
  }
}
