package io.tideline.client;

import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import io.grpc.Status;
import io.grpc.StatusOr;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Resolves a given list of nodes: every host by DNS, each node one endpoint. A host that cannot be
 * resolved is left out while another can.
 */
final class StaticAddresses extends NameResolver {

  private static final String SCHEME = "tideline";

  static {
    NameResolverRegistry.getDefaultRegistry().register(new Provider());
  }

  private final List<ServerAddress> addresses;
  private final Executor blocking;
  private @Nullable Listener2 listener;

  private StaticAddresses(List<ServerAddress> addresses, Executor blocking) {
    this.addresses = addresses;
    this.blocking = blocking;
  }

  /** A channel target that this resolver answers. */
  static String target(List<ServerAddress> addresses) {
    String list = addresses.stream().map(ServerAddress::toString).collect(Collectors.joining(","));
    return SCHEME + ":///" + URLEncoder.encode(list, StandardCharsets.UTF_8);
  }

  @Override
  public String getServiceAuthority() {
    return addresses.get(0).toString();
  }

  @Override
  public void start(Listener2 listener) {
    this.listener = listener;
    resolve(listener);
  }

  @Override
  public void refresh() {
    Listener2 started = listener;
    if (started != null) {
      resolve(started);
    }
  }

  @Override
  public void shutdown() {}

  private void resolve(Listener2 target) {
    blocking.execute(
        () ->
            target.onResult(
                ResolutionResult.newBuilder().setAddressesOrError(lookUp(addresses)).build()));
  }

  private static StatusOr<List<EquivalentAddressGroup>> lookUp(List<ServerAddress> addresses) {
    List<EquivalentAddressGroup> found = new ArrayList<>();
    List<String> unknown = new ArrayList<>();
    for (ServerAddress address : addresses) {
      try {
        List<SocketAddress> sockets = new ArrayList<>();
        for (InetAddress host : InetAddress.getAllByName(address.host())) {
          sockets.add(new InetSocketAddress(host, address.port()));
        }
        found.add(new EquivalentAddressGroup(sockets));
      } catch (UnknownHostException e) {
        unknown.add(address.host());
      }
    }
    return found.isEmpty()
        ? StatusOr.fromStatus(Status.UNAVAILABLE.withDescription("unknown host " + unknown))
        : StatusOr.fromValue(found);
  }

  private static final class Provider extends NameResolverProvider {
    /** The registry's middle: no other provider has this scheme. */
    private static final int PRIORITY = 5;

    @Override
    protected boolean isAvailable() {
      return true;
    }

    @Override
    protected int priority() {
      return PRIORITY;
    }

    @Override
    public String getDefaultScheme() {
      return SCHEME;
    }

    @Override
    public @Nullable NameResolver newNameResolver(URI target, NameResolver.Args args) {
      if (!SCHEME.equals(target.getScheme())) {
        return null;
      }
      List<ServerAddress> addresses =
          Arrays.stream(target.getPath().substring(1).split(","))
              .map(ServerAddress::parse)
              .toList();
      Executor blocking = args.getOffloadExecutor();
      if (blocking == null) {
        throw new IllegalStateException("the channel has no executor for blocking work");
      }
      return new StaticAddresses(addresses, blocking);
    }
  }
}
