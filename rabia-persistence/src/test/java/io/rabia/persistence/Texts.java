package io.rabia.persistence;

import io.rabia.core.statemachine.StateView;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;

/** A snapshot that holds the groups that it stands for. */
final class Texts implements StateView {
  private final List<String> texts;

  Texts(List<String> texts) {
    this.texts = new ArrayList<>(texts);
  }

  byte[] bytes() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    writeTo(out);
    return out.toByteArray();
  }

  @Override
  public void writeTo(OutputStream target) throws IOException {
    DataOutputStream out = new DataOutputStream(target);
    out.writeInt(texts.size());
    for (String text : texts) {
      out.writeUTF(text);
    }
  }
}
