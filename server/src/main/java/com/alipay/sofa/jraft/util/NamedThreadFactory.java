/*
 * Licensed to the Apache Software Foundation (ASF) under one or more
 * contributor license agreements.  See the NOTICE file distributed with
 * this work for additional information regarding copyright ownership.
 * The ASF licenses this file to You under the Apache License, Version 2.0
 * (the "License"); you may not use this file except in compliance with
 * the License.  You may obtain a copy of the License at
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */
package com.alipay.sofa.jraft.util;

import java.util.concurrent.ThreadFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tideline's replacement of the class of this name in JRaft 1.4.1 (jraft-core, Apache License 2.0);
 * changed by Tideline: the threads are virtual.
 *
 * <p>JRaft starts five threads for each group and keeps them, and makes all of them, and those of
 * its timers and pools, by this class. As platform threads they limit a process to some hundred
 * groups. There is no setting for it, so this class stands before JRaft's on the class path; {@code
 * io.tideline.server.raft} verifies at start that it does. The signatures are those of the
 * original: constructors and {@link #newThread}. Virtual threads are always daemons; what JRaft
 * uses of this class asks for daemons.
 */
public class NamedThreadFactory implements ThreadFactory {

  private static final Logger LOG = LoggerFactory.getLogger(NamedThreadFactory.class);

  private final ThreadFactory threads;

  public NamedThreadFactory(String prefix) {
    this(prefix, true);
  }

  /**
   * @param daemon without effect: a virtual thread never keeps the process alive
   */
  @SuppressWarnings("unused")
  public NamedThreadFactory(String prefix, boolean daemon) {
    this.threads =
        Thread.ofVirtual()
            .name(prefix, 0)
            .uncaughtExceptionHandler(
                (thread, error) -> LOG.error("uncaught exception in {}", thread, error))
            .factory();
  }

  @Override
  public Thread newThread(Runnable task) {
    return threads.newThread(task);
  }
}
