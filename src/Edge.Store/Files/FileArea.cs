using System.Buffers;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Edge.Core.Errors;
using Edge.Store.Format;
using Edge.Store.Native;
using Edge.Core.Threads;

namespace Edge.Store.Files;

/// <summary>The storage area on a local file system. Durability: docs/decisions/0005-durability.md.</summary>
internal sealed class FileArea : IAttachmentArea
{
    /// <summary>From this size on, MD5 runs on another thread beside compression and sync.</summary>
    private const int HashApart = 64 << 10;

    private readonly AreaLayout _layout;
    private readonly ThreadCrew _crew;
    private readonly FolderSequence _folders;
    private readonly bool _sync;
    private readonly SpaceReserve? _reserve;
    private readonly FullDisk _fullDisk;

    /// <param name="reserve">Null where nothing is written.</param>
    /// <param name="log">Told when the disk is full, and when it has room again.</param>
    public FileArea(AreaLayout layout, ThreadCrew crew, SpaceReserve? reserve, bool sync, IReadOnlySet<ushort> avoid, Action<StoreEvent>? log = null)
    {
        _layout = layout;
        _reserve = reserve;
        _fullDisk = new FullDisk(() => Space().Free, log);
        _crew = crew;
        _sync = sync;
        _folders = new FolderSequence(layout, sync, avoid);
    }

    public async ValueTask<AttachmentRecord> WriteAsync(ReadOnlySequence<byte> content, WriteOptions options, CancellationToken cancellation = default)
    {
        if (IsCheckedAnyway(options))
        {
            options = options with { ComputeMd5 = false };
        }

        Task<string?>? hash = options.ComputeMd5 && options.KnownMd5 is null && content.Length >= HashApart
            ? _crew.RunAsync(content, static c => (string?)Md5Of(c), cancellation)
            : null;
        try
        {
            AttachmentRecord file = await _crew.RunAsync((Area: this, Content: content, Options: options, Apart: hash is not null),
                static s => s.Area.Watched(s.Content.Length, (s.Area, s.Content, s.Options, s.Apart), static t => t.Area.WriteMemory(t.Content, t.Options, t.Apart)), cancellation, continuesHere: true).ConfigureAwait(false);
            return hash is null ? file : WithMd5(file, await hash.ConfigureAwait(false));
        }
        finally
        {
            if (hash is not null)
            {
                // The memory is the caller's again only when nobody reads it.
                await ((Task)hash).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    public ISpool CreateSpool(bool hashes) => new Spool(_crew, Path.Combine(_layout.Incoming, Guid.NewGuid().ToString("N")), hashes, _fullDisk);

    public ValueTask<AttachmentRecord> AdoptAsync(ISpool spool, WriteOptions options, CancellationToken cancellation = default) =>
        new(_crew.RunAsync((Area: this, Spool: (Spool)spool, Options: options), static s => s.Area.Watched(s.Spool.Length, s, static t => t.Area.Adopt(t.Spool, t.Options)), cancellation, continuesHere: true));

    public ValueTask<int> ReadAsync(AttachmentRecord file, AttachmentView view, long offset, Memory<byte> destination, CancellationToken cancellation = default, bool continuesHere = false) =>
        TryReadCached(file, view, offset, destination.Span, out int read)
            ? ValueTask.FromResult(read)
            : new(_crew.RunAsync((Area: this, File: file, View: view, Offset: offset, Target: destination), static s =>
            {
                using IRandomSource source = s.Area.OpenSource(s.File, s.View);
                return Read(source, s.Offset, s.Target.Span);
            }, cancellation, continuesHere));

    public Stream OpenRead(AttachmentRecord file, AttachmentView view) => new AttachmentStream(_crew, this, file, view);

    public ValueTask<bool> VerifyAsync(AttachmentRecord file, CancellationToken cancellation = default) =>
        new(_crew.RunAsync((Area: this, File: file), static s => s.Area.Verify(s.File), cancellation));

    public ValueTask<AttachmentRecord> DigestAsync(AttachmentRecord file, CancellationToken cancellation = default) =>
        new(_crew.RunAsync((Area: this, File: file), static s => s.Area.Digest(s.File), cancellation));

    public ValueTask DeleteAsync(Guid uuid, CancellationToken cancellation = default) => new(DeleteManyAsync([uuid], cancellation));

    /// <summary>Removes files and makes their absence durable.</summary>
    public Task DeleteManyAsync(IReadOnlyList<Guid> files, CancellationToken cancellation = default) =>
        _crew.RunAsync((Area: this, Files: files), static s =>
        {
            s.Area.DeleteMany(s.Files);
            return true;
        }, cancellation);

    public async IAsyncEnumerable<StoredFile> EnumerateAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        using IEnumerator<(Guid Uuid, string Path)> files = _layout.Files().GetEnumerator();
        while (true)
        {
            List<StoredFile> batch = await _crew.RunAsync(files, static e =>
            {
                List<StoredFile> some = [];
                while (some.Count < 256 && e.MoveNext())
                {
                    some.Add(new StoredFile(e.Current.Uuid, new FileInfo(e.Current.Path).Length));
                }

                return some;
            }, cancellation).ConfigureAwait(false);
            if (batch.Count == 0)
            {
                yield break;
            }

            foreach (StoredFile file in batch)
            {
                yield return file;
            }
        }
    }

    public ValueTask<AttachmentRecord> DescribeAsync(Guid uuid, bool computeMd5, CancellationToken cancellation = default) =>
        new(_crew.RunAsync((Area: this, Uuid: uuid, Md5: computeMd5), static s => s.Area.Describe(s.Uuid, s.Md5), cancellation));

    public (long Free, long Capacity) Space()
    {
        DriveInfo drive = new(_layout.Root);
        return (drive.AvailableFreeSpace, drive.TotalSize);
    }

    public ValueTask DisposeAsync()
    {
        _folders.Dispose();
        return ValueTask.CompletedTask;
    }

    internal FolderSequence Folders => _folders;

    /// <summary>Opens the bytes of a view, on a thread of the crew.</summary>
    internal IRandomSource OpenSource(AttachmentRecord file, AttachmentView view)
    {
        string path = _layout.PathOf(file.Uuid);
        int descriptor = Posix.TryOpen(path, Posix.ReadOnly);
        if (descriptor < 0)
        {
            throw descriptor == -Posix.NotFound
                ? new EdgeException(ErrorCode.InexistentFile, $"The stored file {file.Uuid:D} is missing")
                : new EdgeException(ErrorCode.CorruptedFile, $"The stored file {file.Uuid:D} cannot be opened (error {-descriptor})");
        }

        return View(new DescriptorSource(descriptor, file.StoredSize), file, view);
    }

    /// <summary>Reads on the caller's thread, which is not to wait for a disk: false where it would have to, or where there is more to do than to copy a few blocks.</summary>
    private bool TryReadCached(AttachmentRecord file, AttachmentView view, long offset, Span<byte> target, out int read)
    {
        read = 0;
        if (target.Length > ContainerHeader.BlockSize || file.Compression != AttachmentCompression.None)
        {
            return false;
        }

        int descriptor = Posix.TryOpenCached(_layout.PathOf(file.Uuid));
        if (descriptor < 0)
        {
            return false;
        }

        try
        {
            using IRandomSource source = View(new CachedSource(descriptor, file.StoredSize), file, view);
            read = Read(source, offset, target);
            return true;
        }
        catch (NotCachedException)
        {
            return false;
        }
    }

    /// <summary>The view of what is stored, which it then owns.</summary>
    private static IRandomSource View(IRandomSource stored, AttachmentRecord file, AttachmentView view)
    {
        if (file.Format == StorageFormat.Lz4)
        {
            StorageFile container = StorageFile.Open(stored);
            if (!container.IsContainer || container.Length != file.LogicalSize)
            {
                container.Dispose();
                throw ContainerHeader.Damaged("it is not the container that the index knows");
            }

            stored = new ContainerSource(container);
        }

        return view == AttachmentView.Plain && file.Compression == AttachmentCompression.ZlibWithSize && file.PlainSize > 0
            ? new ZlibSource(stored, file.PlainSize)
            : stored;
    }

    private static int Read(IRandomSource source, long offset, Span<byte> target)
    {
        long left = source.Length - offset;
        if (left <= 0)
        {
            return 0;
        }

        int wanted = (int)Math.Min(left, target.Length);
        int read = source.Read(offset, target[..wanted]);
        return read == wanted ? read : throw ContainerHeader.Damaged("it ends before its size");
    }

    private static string Md5Of(ReadOnlySequence<byte> content)
    {
        if (content.IsSingleSegment)
        {
            return Md5Of(content.FirstSpan);
        }

        using IncrementalHash md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        foreach (ReadOnlyMemory<byte> segment in content)
        {
            md5.AppendData(segment.Span);
        }

        return Convert.ToHexStringLower(md5.GetHashAndReset());
    }

#pragma warning disable CA5351 // MD5 is what Orthanc's API reports, not a protection.
    private static string Md5Of(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(MD5.HashData(content));
#pragma warning restore CA5351

    internal static string Md5Of(IRandomSource source)
    {
        using IncrementalHash md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ContainerHeader.BlockSize);
        long at = 0;
        int read;
        while ((read = source.Read(at, buffer.AsSpan(0, ContainerHeader.BlockSize))) > 0)
        {
            md5.AppendData(buffer, 0, read);
            at += read;
        }

        ArrayPool<byte>.Shared.Return(buffer);
        return Convert.ToHexStringLower(md5.GetHashAndReset());
    }

    private static AttachmentRecord WithMd5(AttachmentRecord file, string? md5) =>
        file with { PlainMd5 = md5, LogicalMd5 = file.Compression == AttachmentCompression.None ? md5 : file.LogicalMd5 };

    /// <summary>Writes what may find the disk full.</summary>
    private AttachmentRecord Watched<T>(long size, T state, Func<T, AttachmentRecord> write)
    {
        _reserve?.Require();
        try
        {
            AttachmentRecord file = write(state);
            _fullDisk.Wrote(size);
            return file;
        }
        catch (EdgeException e)
        {
            _fullDisk.Failed(e, size);
            throw;
        }
    }

    private AttachmentRecord WriteMemory(ReadOnlySequence<byte> content, WriteOptions options, bool hashedApart)
    {
        string? md5 = !options.ComputeMd5 ? null : options.KnownMd5 ?? (hashedApart ? null : Md5Of(content));
        if (options.Compression == AttachmentCompression.ZlibWithSize)
        {
            return WriteZlib(new SequenceSource(content), options, md5);
        }

        using DurableFile file = DurableFile.Create(_folders);
        long stored = content.Length;
        StorageFormat format = options.Format;
        if (format == StorageFormat.Raw && StartsLikeContainer(new SequenceSource(content)))
        {
            format = StorageFormat.Lz4; // Would be taken for a container when read alone.
        }

        if (format == StorageFormat.Lz4)
        {
            stored = ContainerWriter.Write(new SequenceSource(content), static (s, offset, target, _) => s.Read(offset, target.Span), content.Length, options.Filter, file);
        }
        else
        {
            long at = 0;
            foreach (ReadOnlyMemory<byte> segment in content)
            {
                file.Write(at, segment.Span);
                at += segment.Length;
            }
        }

        file.Keep(_sync);
        return new AttachmentRecord(options.Type, file.Uuid, format, AttachmentCompression.None, content.Length, content.Length, stored, md5, md5);
    }

    private AttachmentRecord Adopt(Spool spool, WriteOptions options)
    {
        bool asItIs = (options.Format == StorageFormat.Raw || options.Incompressible) && !StartsLikeContainer(spool);
        string? md5 = options.ComputeMd5 && (asItIs || !IsCheckedAnyway(options)) ? options.KnownMd5 ?? spool.Digest() : null;
        if (options.Compression == AttachmentCompression.ZlibWithSize)
        {
            return WriteZlib(spool, options, md5);
        }

        if (asItIs)
        {
            spool.Finish(_sync);
            (Guid uuid, Folder folder) = _folders.Next();
            try
            {
                File.Move(spool.FilePath, $"{folder.Path}/{uuid:D}");
                Failpoint.Hit("spool.adopted");
                if (_sync)
                {
                    folder.Sync();
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new EdgeException(AreaLayout.IsFull(e) ? ErrorCode.FullStorage : ErrorCode.CannotWriteFile, "A received object cannot be moved into the storage area", e);
            }
            finally
            {
                folder.Release();
            }

            return new AttachmentRecord(options.Type, uuid, StorageFormat.Raw, AttachmentCompression.None, spool.Length, spool.Length, spool.Length, md5, md5);
        }

        using DurableFile file = DurableFile.Create(_folders);
        long stored = ContainerWriter.Write(spool, static (s, offset, target, length) =>
        {
            if (s.Read(offset, target.Span) != length)
            {
                throw new EdgeException(ErrorCode.CorruptedFile, "A received object ends before its size");
            }
        }, spool.Length, options.Filter, file);
        file.Keep(_sync);
        return new AttachmentRecord(options.Type, file.Uuid, StorageFormat.Lz4, AttachmentCompression.None, spool.Length, spool.Length, stored, md5, md5);
    }

    private AttachmentRecord WriteZlib(IRandomSource plain, WriteOptions options, string? md5)
    {
        using DurableFile file = DurableFile.Create(_folders);
        using HashingTarget target = new(file, options.ComputeMd5);
        ZlibForm.Write(plain, plain.Length, target);
        target.Flush();
        file.Keep(_sync);
        return new AttachmentRecord(options.Type, file.Uuid, StorageFormat.Raw, AttachmentCompression.ZlibWithSize, plain.Length, target.Length, target.Length, md5, target.Digest());
    }

    /// <summary>Whether the MD5 may wait: the container's blocks have checksums, verified at every read.</summary>
    private static bool IsCheckedAnyway(WriteOptions options) =>
        options.Md5OnDemand && options.KnownMd5 is null && options.Format == StorageFormat.Lz4 && options.Compression == AttachmentCompression.None;

    private AttachmentRecord Digest(AttachmentRecord file)
    {
        if (file.PlainMd5 is null)
        {
            using IRandomSource plain = OpenSource(file, AttachmentView.Plain);
            file = WithMd5(file, Md5Of(plain));
        }

        if (file.LogicalMd5 is null)
        {
            using IRandomSource logical = OpenSource(file, AttachmentView.Logical);
            file = file with { LogicalMd5 = Md5Of(logical) };
        }

        return file;
    }

    private bool Verify(AttachmentRecord file)
    {
        try
        {
            using IRandomSource plain = OpenSource(file, AttachmentView.Plain);
            string md5 = Md5Of(plain);
            if (file.PlainMd5 is not null && md5 != file.PlainMd5)
            {
                return false;
            }

            if (file.Compression == AttachmentCompression.None || file.LogicalMd5 is null)
            {
                return true;
            }

            using IRandomSource logical = OpenSource(file, AttachmentView.Logical);
            return Md5Of(logical) == file.LogicalMd5;
        }
        catch (EdgeException e) when (e.Code is ErrorCode.CorruptedFile or ErrorCode.InexistentFile)
        {
            return false;
        }
    }

    private void DeleteMany(IReadOnlyList<Guid> files)
    {
        HashSet<string> folders = [];
        foreach (Guid uuid in files)
        {
            string path = _layout.PathOf(uuid);
            Failpoint.Hit("deletion.before-unlink");
            try
            {
                File.Delete(path);
                folders.Add(Path.GetDirectoryName(path)!);
            }
            catch (DirectoryNotFoundException)
            {
                // Gone already, with its folder.
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new EdgeException(ErrorCode.CannotWriteFile, $"The stored file {uuid:D} cannot be removed: {e.Message}", e);
            }

            Failpoint.Hit("deletion.after-unlink");
        }

        if (_sync)
        {
            foreach (string folder in folders)
            {
                Posix.SyncFolder(folder);
            }
        }
    }

    private AttachmentRecord Describe(Guid uuid, bool computeMd5)
    {
        FileInfo info = new(_layout.PathOf(uuid));
        if (!info.Exists)
        {
            throw new EdgeException(ErrorCode.InexistentFile, $"The stored file {uuid:D} is missing");
        }

        using StorageFile file = StorageFile.Open(info.FullName);
        byte[] start = new byte[132];
        int read = file.Read(0, start);
        StorageFormat format = file.IsContainer ? StorageFormat.Lz4 : StorageFormat.Raw;
        bool isDicom = read == 132 && start.AsSpan(128, 4).SequenceEqual("DICM"u8);
        bool zlib = ZlibForm.IsLikely(start.AsSpan(0, read), out long plainSize) && !isDicom;
        AttachmentRecord record = new(AttachmentType.Dicom, uuid, format, zlib ? AttachmentCompression.ZlibWithSize : AttachmentCompression.None,
            zlib ? plainSize : file.Length, file.Length, info.Length, null, null);
        if (!computeMd5)
        {
            return record;
        }

        using IRandomSource logical = OpenSource(record, AttachmentView.Logical);
        string logicalMd5 = Md5Of(logical);
        if (!zlib)
        {
            return record with { PlainMd5 = logicalMd5, LogicalMd5 = logicalMd5 };
        }

        using IRandomSource plain = OpenSource(record, AttachmentView.Plain);
        return record with { PlainMd5 = Md5Of(plain), LogicalMd5 = logicalMd5 };
    }

    private static bool StartsLikeContainer(IRandomSource source)
    {
        Span<byte> start = stackalloc byte[8];
        return source.Read(0, start) == 8 && start.SequenceEqual(ContainerHeader.Magic);
    }
}
