package io.rabia.testing;

import io.rabia.core.persistence.Durability;
import io.rabia.core.statemachine.InMemoryStateMachine;
import io.rabia.core.statemachine.StateMachine;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives each test of a JUnit 5 class, or one test, a {@link TestCluster} of its own that serves: as
 * a parameter, or its {@link NetworkSimulator}. It is closed after the test.
 *
 * <pre>{@code
 * @Test
 * @RabiaCluster(nodes = 3)
 * void survivesACrash(TestCluster cluster) {
 *   cluster.kill(cluster.node(1));
 *   ...
 * }
 * }</pre>
 */
@Documented
@Inherited
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(RabiaClusterExtension.class)
public @interface RabiaCluster {

  int nodes() default 3;

  /** With a constructor without parameters. */
  Class<? extends StateMachine> stateMachine() default InMemoryStateMachine.class;

  Durability durability() default Durability.FSYNC;
}
