package com.fnproject.lb.testbed;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A JSON document in a file that several processes share. Each change replaces the file in one step
 * under a lock beside it, so that a process killed at any moment leaves a whole document. The
 * caller serialises its own threads.
 */
final class DatabaseFile {
  private final Path file;
  private final Path lockFile;
  private @Nullable Object seenKey;

  DatabaseFile(Path file) {
    this.file = file;
    this.lockFile = file.resolveSibling(file.getFileName() + ".lock");
  }

  /** Reads the document if it is not the one last read or written here. */
  void refresh(Consumer<JsonObject> use) {
    try {
      Object key = key();
      if (key == null || key.equals(seenKey)) {
        return;
      }
      try (JsonReader reader = Json.createReader(Files.newBufferedReader(file))) {
        use.accept(reader.readObject());
      }
      seenKey = key;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  /** Keeps other processes from changing the document; to be closed. */
  AutoLock lock() {
    try {
      FileChannel channel =
          FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      return new AutoLock(channel, channel.lock());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot lock " + lockFile, e);
    }
  }

  void write(JsonObject document) {
    try {
      Path parent = Objects.requireNonNull(file.toAbsolutePath().getParent());
      Path written = Files.createTempFile(parent, "database", ".json");
      Files.writeString(written, document.toString());
      Files.move(
          written, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      seenKey = key();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
  }

  /**
   * Every version of the document is a file of its own, so its identity and time tell it from
   * others.
   */
  private @Nullable Object key() throws IOException {
    try {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      return attributes.fileKey() + " " + attributes.lastModifiedTime() + " " + attributes.size();
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  /** The lock over processes. */
  record AutoLock(FileChannel channel, FileLock lock) implements AutoCloseable {
    @Override
    public void close() {
      try (channel) {
        lock.release();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
