package io.tideline.server.node;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.core.joran.spi.JoranException;
import java.net.URL;
import org.slf4j.LoggerFactory;

/**
 * Turns on a node's log, whatever program it runs in: the command line is quiet, a node is not. A
 * file given with {@code -Dlogback.configurationFile} stays in force.
 */
final class ServerLogging {

  private static final String CONFIGURATION = "logback-node.xml";

  private ServerLogging() {}

  static void install() {
    if (System.getProperty("logback.configurationFile") != null) {
      return;
    }
    if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
      return;
    }
    URL configuration = ServerLogging.class.getResource(CONFIGURATION);
    if (configuration == null) {
      throw new IllegalStateException(CONFIGURATION + " is missing from the server's jar");
    }
    context.reset();
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(context);
    try {
      configurator.doConfigure(configuration);
    } catch (JoranException e) {
      throw new IllegalStateException(CONFIGURATION + " in the server's jar is broken", e);
    }
  }
}
