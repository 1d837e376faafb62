package io.rabia.testing.mutant;

import java.io.IOException;
import java.io.InputStream;
import java.util.Map;

/**
 * Loads this project's classes anew, the changed ones from memory, and everything else from its
 * parent.
 */
final class MutantClassLoader extends ClassLoader {
  private static final String OURS = "io.rabia.";

  private final Map<String, byte[]> changed;

  MutantClassLoader(Map<String, byte[]> changed) {
    super(MutantClassLoader.class.getClassLoader());
    this.changed = changed;
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!name.startsWith(OURS)) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> loaded = findLoadedClass(name);
      return loaded != null ? loaded : define(name);
    }
  }

  private Class<?> define(String name) throws ClassNotFoundException {
    byte[] bytes = changed.get(name);
    if (bytes == null) {
      try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
        if (in == null) {
          throw new ClassNotFoundException(name);
        }
        bytes = in.readAllBytes();
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }
    return defineClass(name, bytes, 0, bytes.length);
  }
}
