package io.tideline.server.identifier;

/** An identifier encodes to more than {@link IdentifierCodec#ENCODED_BYTES_MAX} bytes. */
public final class IdentifierTooLargeException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  private final int encodedBytes;

  IdentifierTooLargeException(int encodedBytes) {
    super(
        "identifier encodes to "
            + encodedBytes
            + " bytes, more than "
            + IdentifierCodec.ENCODED_BYTES_MAX);
    this.encodedBytes = encodedBytes;
  }

  public int encodedBytes() {
    return encodedBytes;
  }
}
