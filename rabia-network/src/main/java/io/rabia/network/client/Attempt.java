package io.rabia.network.client;

/** One copy of a request that a server owes the answer to. Belongs to the event loop. */
final class Attempt {
  final ClientRequest request;

  /** When another server is to be asked as well. */
  long patience;

  Attempt(ClientRequest request, long patience) {
    this.request = request;
    this.patience = patience;
  }
}
