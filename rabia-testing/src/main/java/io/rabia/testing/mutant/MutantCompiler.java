package io.rabia.testing.mutant;

import io.rabia.core.BatchId;
import io.rabia.engine.protocol.SlotInstance;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.OutputStream;
import java.io.StringWriter;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Compiles a mutant's source in memory against the running class path. */
final class MutantCompiler {

  private MutantCompiler() {}

  /** The classes of the changed file, by name. */
  static Map<String, byte[]> compile(SourceMutant mutant) {
    JavaCompiler compiler =
        Objects.requireNonNull(ToolProvider.getSystemJavaCompiler(), "mutants need a JDK");
    StringWriter errors = new StringWriter();
    StandardJavaFileManager standard =
        compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8);
    try (Classes classes = new Classes(standard)) {
      boolean compiled =
          compiler
              .getTask(
                  errors,
                  classes,
                  null,
                  List.of("-nowarn", "-proc:none", "-classpath", classPath()),
                  null,
                  List.of(new Source(mutant)))
              .call();
      if (!compiled) {
        throw new IllegalStateException(
            "mutant '" + mutant.name() + "' does not compile:\n" + errors);
      }
      return classes.written();
    } catch (java.io.IOException e) {
      throw new IllegalStateException(mutant.name(), e);
    }
  }

  private static String classPath() {
    Set<String> path = new LinkedHashSet<>();
    for (Class<?> type : List.of(SlotInstance.class, BatchId.class)) {
      path.add(location(type));
    }
    path.add(System.getProperty("java.class.path"));
    return String.join(File.pathSeparator, path);
  }

  private static String location(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static final class Source extends SimpleJavaFileObject {
    private final String text;

    Source(SourceMutant mutant) {
      super(URI.create("memory:///" + mutant.file()), Kind.SOURCE);
      text = mutant.source();
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }

  private static final class Classes extends ForwardingJavaFileManager<JavaFileManager> {
    private final Map<String, ByteArrayOutputStream> outputs = new HashMap<>();

    Classes(JavaFileManager standard) {
      super(standard);
    }

    @Override
    public JavaFileObject getJavaFileForOutput(
        Location location, String name, JavaFileObject.Kind kind, FileObject sibling) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      outputs.put(name, bytes);
      return new SimpleJavaFileObject(
          URI.create("memory:///" + name.replace('.', '/') + ".class"), kind) {
        @Override
        public OutputStream openOutputStream() {
          return bytes;
        }
      };
    }

    Map<String, byte[]> written() {
      Map<String, byte[]> classes = new HashMap<>();
      outputs.forEach((name, bytes) -> classes.put(name, bytes.toByteArray()));
      return classes;
    }
  }
}
