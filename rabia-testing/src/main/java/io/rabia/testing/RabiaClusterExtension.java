package io.rabia.testing;

import io.rabia.core.statemachine.StateMachine;
import java.lang.reflect.Constructor;
import java.util.Optional;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.platform.commons.support.AnnotationSupport;

/** Makes what {@link RabiaCluster} asks for. */
final class RabiaClusterExtension implements ParameterResolver, AfterEachCallback {
  private static final Namespace NAMESPACE = Namespace.create(RabiaClusterExtension.class);
  private static final String CLUSTER = "cluster";

  @Override
  public void afterEach(ExtensionContext context) {
    TestCluster cluster = context.getStore(NAMESPACE).remove(CLUSTER, TestCluster.class);
    if (cluster != null) {
      cluster.close();
    }
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == TestCluster.class || type == NetworkSimulator.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    if (context.getTestMethod().isEmpty()) {
      throw new ParameterResolutionException("a cluster belongs to one test, not to a class");
    }
    TestCluster cluster =
        context
            .getStore(NAMESPACE)
            .getOrComputeIfAbsent(CLUSTER, key -> start(context), TestCluster.class);
    return parameter.getParameter().getType() == TestCluster.class ? cluster : cluster.simulator();
  }

  private static TestCluster start(ExtensionContext context) {
    RabiaCluster wanted =
        find(context).orElseThrow(() -> new ParameterResolutionException("no @RabiaCluster"));
    return TestCluster.builder()
        .nodes(wanted.nodes())
        .stateMachine(() -> machine(wanted.stateMachine()))
        .durability(wanted.durability())
        .start();
  }

  private static Optional<RabiaCluster> find(ExtensionContext context) {
    return AnnotationSupport.findAnnotation(context.getTestMethod(), RabiaCluster.class)
        .or(() -> AnnotationSupport.findAnnotation(context.getTestClass(), RabiaCluster.class));
  }

  private static StateMachine machine(Class<? extends StateMachine> type) {
    try {
      Constructor<? extends StateMachine> constructor = type.getDeclaredConstructor();
      constructor.setAccessible(true);
      return constructor.newInstance();
    } catch (ReflectiveOperationException e) {
      throw new ParameterResolutionException(type + " has no constructor without parameters", e);
    }
  }
}
