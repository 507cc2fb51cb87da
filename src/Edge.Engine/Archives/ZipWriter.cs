using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Text;
using Edge.Core.Errors;
using Edge.Core.Threads;
using Edge.Imaging.Output;

namespace Edge.Engine.Archives;

/// <summary>
/// Writes a ZIP archive (APPNOTE 6.3) to a pipe while its members are read: the parts are compressed ahead by several threads and leave in
/// order, so memory does not grow with the archive but for its central directory. ZIP64 where sizes demand it.
/// </summary>
internal sealed class ZipWriter
{
    private const uint LocalHeader = 0x04034b50, CentralHeader = 0x02014b50, Descriptor = 0x08074b50;
    private const uint End = 0x06054b50, End64 = 0x06064b50, Locator64 = 0x07064b50;
    private const ushort Deflated = 8, Zip64Extra = 1, HasDescriptor = 1 << 3, IsUtf8 = 1 << 11;
    private const ushort VersionDeflate = 20, Version64 = 45, MadeOnUnix = 3 << 8;

    /// <summary>A member that may grow beyond 32 bits by deflating gets ZIP64 sizes from the beginning.</summary>
    private const long LongestPlain = uint.MaxValue - (64L << 20);

    // Members are opened ahead, which is where small ones are transcoded: so many of those are in memory at a time.
    private const int OpenedAhead = 4;

    private readonly PipeWriter _output;
    private readonly ThreadCrew _crew;
    private readonly int _ahead;
    private readonly ArrayBufferWriter<byte> _directory = new();
    private readonly uint _dosTime;
    private long _position;
    private long _members;

    /// <param name="output">Where the archive goes.</param>
    /// <param name="crew">The threads that compress.</param>
    /// <param name="ahead">How many parts are read and compressed ahead of the one that is written.</param>
    /// <param name="now">The time of all members.</param>
    public ZipWriter(PipeWriter output, ThreadCrew crew, int ahead, DateTime now)
    {
        (_output, _crew, _ahead) = (output, crew, Math.Max(1, ahead));
        int year = Math.Clamp(now.Year, 1980, 2107) - 1980;
        _dosTime = (uint)(year << 25 | now.Month << 21 | now.Day << 16 | now.Hour << 11 | now.Minute << 5 | now.Second / 2);
    }

    /// <summary>The bytes written.</summary>
    public long Length => _position;

    /// <summary>Writes members, in their order. Those that are gone when their turn comes are left out.</summary>
    /// <param name="members">What to write.</param>
    /// <param name="written">Told of each member that is complete.</param>
    /// <param name="cancellation">Ends the work.</param>
    public async ValueTask WriteAsync(IEnumerable<ZipMember> members, Action<ZipMember>? written, CancellationToken cancellation)
    {
        Queue<(ZipMember Member, long Offset, Task<ZipPart> Part)> running = new(_ahead + 1);
        Queue<(ZipMember Member, Task<bool> IsThere)> opening = new(OpenedAhead);
        using IEnumerator<ZipMember> left = members.GetEnumerator();
        Entry? entry = null;
        try
        {
            while (true)
            {
                cancellation.ThrowIfCancellationRequested();
                while (opening.Count < OpenedAhead && left.MoveNext())
                {
                    opening.Enqueue((left.Current, left.Current.OpenAsync(cancellation).AsTask()));
                }

                if (!opening.TryPeek(out (ZipMember Member, Task<bool> IsThere) next))
                {
                    break;
                }

                (ZipMember member, Task<bool> isThere) = next;
                bool isOpen = await isThere.ConfigureAwait(false);
                opening.Dequeue();
                if (!isOpen)
                {
                    continue;
                }

                await member.TakeTurnAsync(cancellation).ConfigureAwait(false);

                long offset = 0;
                do
                {
                    if (running.Count >= _ahead)
                    {
                        await WriteNextAsync().ConfigureAwait(false);
                    }

                    running.Enqueue((member, offset, ZipPart.CompressAsync(member, offset, _crew, cancellation)));
                    offset += ZipPart.Size;
                }
                while (offset < member.Length);
            }

            while (running.Count > 0)
            {
                await WriteNextAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            foreach ((_, Task<bool> isThere) in opening)
            {
                await ((Task)isThere).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            // What is still running when a client has gone gives its memory back.
            foreach ((_, _, Task<ZipPart> part) in running)
            {
                await ((Task)part).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (part.IsCompletedSuccessfully)
                {
                    part.Result.Dispose();
                }
            }
        }

        async ValueTask WriteNextAsync()
        {
            (ZipMember member, long offset, Task<ZipPart> task) = running.Peek();
            ZipPart part;
            try
            {
                part = await task.ConfigureAwait(false);
            }
            catch (EdgeException e) when (offset == 0 && member.Length <= ZipPart.Size && e.Code is ErrorCode.InexistentFile)
            {
                running.Dequeue(); // deleted since the archive was begun
                return;
            }

            running.Dequeue();
            using (part)
            {
                bool isLast = offset + part.PlainLength == member.Length;
                if (offset == 0)
                {
                    entry = isLast ? Begin(member, part) : Begin(member, null);
                }

                entry!.Add(part);
                await SendAsync(part.Bytes, cancellation).ConfigureAwait(false);
                if (isLast)
                {
                    Complete(entry);
                    written?.Invoke(member);
                }
            }
        }
    }

    /// <summary>Writes one member from what is pushed, compressing as it comes.</summary>
    public async ValueTask WriteStreamedAsync(string name, Func<PipeWriter, CancellationToken, ValueTask> write, CancellationToken cancellation)
    {
        Pipe pipe = new(new PipeOptions(pauseWriterThreshold: 2 * ZipPart.Size, resumeWriterThreshold: ZipPart.Size));
        Task source = PushAsync(pipe.Writer, write, cancellation);
        try
        {
            Entry entry = Begin(new MemoryMember(default) { Name = name }, null);
            while (true)
            {
                ReadResult read = await pipe.Reader.ReadAtLeastAsync(ZipPart.Size, cancellation).ConfigureAwait(false);
                int length = (int)Math.Min(ZipPart.Size, read.Buffer.Length);
                bool isLast = read.IsCompleted && length == read.Buffer.Length;
                using (ZipPart part = await _crew.RunAsync((Bytes: read.Buffer.Slice(0, length), isLast), static work => Compress(work.Bytes, work.isLast), cancellation).ConfigureAwait(false))
                {
                    pipe.Reader.AdvanceTo(read.Buffer.GetPosition(length));
                    entry.Add(part);
                    await SendAsync(part.Bytes, cancellation).ConfigureAwait(false);
                }

                if (isLast)
                {
                    await source.ConfigureAwait(false);
                    Complete(entry);
                    return;
                }
            }
        }
        finally
        {
            await pipe.Reader.CompleteAsync().ConfigureAwait(false);
            await source.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Writes the central directory: the archive is complete.</summary>
    public async ValueTask CloseAsync(CancellationToken cancellation)
    {
        long start = _position;
        for (ReadOnlyMemory<byte> left = _directory.WrittenMemory; !left.IsEmpty; left = left[Math.Min(left.Length, ZipPart.Size)..])
        {
            await SendAsync(left[..Math.Min(left.Length, ZipPart.Size)], cancellation).ConfigureAwait(false);
        }

        long size = _position - start;
        if (_members >= ushort.MaxValue || size >= uint.MaxValue || start >= uint.MaxValue)
        {
            long end = _position;
            Fields fields = new(_output.GetSpan(76));
            fields.Four(End64).Eight(44).Two(MadeOnUnix | Version64).Two(Version64).Four(0).Four(0).Eight(_members).Eight(_members).Eight(size).Eight(start);
            fields.Four(Locator64).Four(0).Eight(end).Four(1);
            Advance(fields.Count);
        }

        Fields last = new(_output.GetSpan(22));
        ushort count = (ushort)Math.Min(ushort.MaxValue, _members);
        last.Four(End).Two(0).Two(0).Two(count).Two(count).Four((uint)Math.Min(uint.MaxValue, size)).Four((uint)Math.Min(uint.MaxValue, start)).Two(0);
        Advance(last.Count);
        await _output.FlushAsync(cancellation).ConfigureAwait(false);
    }

    private static async Task PushAsync(PipeWriter writer, Func<PipeWriter, CancellationToken, ValueTask> write, CancellationToken cancellation)
    {
        try
        {
            await write(writer, cancellation).ConfigureAwait(false);
            await writer.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await writer.CompleteAsync(e).ConfigureAwait(false);
            throw;
        }
    }

    private static ZipPart Compress(ReadOnlySequence<byte> bytes, bool isLast)
    {
        byte[] plain = ArrayPool<byte>.Shared.Rent(Math.Max(1, (int)bytes.Length));
        try
        {
            bytes.CopyTo(plain);
            return ZipPart.Compress(plain.AsSpan(0, (int)bytes.Length), isCompressible: true, isLast);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(plain);
        }
    }

    /// <summary>Writes the local header; with the sizes where the whole member is there.</summary>
    private Entry Begin(ZipMember member, ZipPart? whole)
    {
        byte[] name = Encoding.UTF8.GetBytes(member.Name);
        bool is64 = whole is null && (member.Length == 0 || member.Length > LongestPlain);
        ushort flags = (ushort)((whole is null ? HasDescriptor : 0) | (Ascii.IsValid(name) ? 0 : IsUtf8));
        Entry entry = new(name, flags, is64, _position);
        Fields fields = new(_output.GetSpan(30 + name.Length + 20));
        uint unknown = is64 ? uint.MaxValue : 0;
        fields.Four(LocalHeader).Two(is64 ? Version64 : VersionDeflate).Two(flags).Two(Deflated).Four(_dosTime).Four(whole?.Crc ?? 0);
        fields.Four(whole is null ? unknown : (uint)whole.Bytes.Length).Four(whole is null ? unknown : (uint)whole.PlainLength);
        fields.Two((ushort)name.Length).Two((ushort)(is64 ? 20 : 0)).Bytes(name);
        if (is64)
        {
            fields.Two(Zip64Extra).Two(16).Eight(0).Eight(0);
        }

        Advance(fields.Count);
        return entry;
    }

    private void Complete(Entry entry)
    {
        if ((entry.Flags & HasDescriptor) != 0)
        {
            Fields fields = new(_output.GetSpan(24));
            fields.Four(Descriptor).Four(entry.Crc);
            if (entry.Is64)
            {
                fields.Eight(entry.Deflated).Eight(entry.Plain);
            }
            else
            {
                fields.Four((uint)entry.Deflated).Four((uint)entry.Plain);
            }

            Advance(fields.Count);
        }

        bool isLong = entry.Deflated >= uint.MaxValue || entry.Plain >= uint.MaxValue;
        bool isFar = entry.Offset >= uint.MaxValue;
        int extra = (isLong ? 16 : 0) + (isFar ? 8 : 0);
        Fields central = new(_directory.GetSpan(46 + entry.Name.Length + 4 + extra));
        central.Four(CentralHeader).Two((ushort)(MadeOnUnix | (extra > 0 || entry.Is64 ? Version64 : VersionDeflate))).Two(extra > 0 || entry.Is64 ? Version64 : VersionDeflate);
        central.Two(entry.Flags).Two(Deflated).Four(_dosTime).Four(entry.Crc);
        central.Four(isLong ? uint.MaxValue : (uint)entry.Deflated).Four(isLong ? uint.MaxValue : (uint)entry.Plain);
        central.Two((ushort)entry.Name.Length).Two((ushort)(extra > 0 ? 4 + extra : 0)).Two(0).Two(0).Two(0);
        // A regular file that all may read, as unzip makes it.
        central.Four(0x81a4u << 16).Four(isFar ? uint.MaxValue : (uint)entry.Offset).Bytes(entry.Name);
        if (extra > 0)
        {
            central.Two(Zip64Extra).Two((ushort)extra);
            if (isLong)
            {
                central.Eight(entry.Plain).Eight(entry.Deflated);
            }

            if (isFar)
            {
                central.Eight(entry.Offset);
            }
        }

        _directory.Advance(central.Count);
        _members++;
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation)
    {
        FlushResult flushed = await _output.WriteAsync(bytes, cancellation).ConfigureAwait(false);
        _position += bytes.Length;
        if (flushed.IsCompleted)
        {
            throw new OperationCanceledException("nobody reads the archive any more");
        }
    }

    private void Advance(int count)
    {
        _output.Advance(count);
        _position += count;
    }

    private sealed class Entry(byte[] name, ushort flags, bool is64, long offset)
    {
        public byte[] Name => name;

        public ushort Flags => flags;

        public bool Is64 => is64;

        public long Offset => offset;

        public uint Crc { get; private set; }

        public long Deflated { get; private set; }

        public long Plain { get; private set; }

        public void Add(ZipPart part)
        {
            Crc = Crc32.Combine(Crc, part.Crc, part.PlainLength);
            Deflated += part.Bytes.Length;
            Plain += part.PlainLength;
        }
    }

    /// <summary>Writes little-endian fields one after the other.</summary>
    private ref struct Fields(Span<byte> to)
    {
        private readonly Span<byte> _to = to;

        public int Count { get; private set; }

        [System.Diagnostics.CodeAnalysis.UnscopedRef]
        public ref Fields Two(int value)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(_to[Count..], (ushort)value);
            Count += 2;
            return ref this;
        }

        [System.Diagnostics.CodeAnalysis.UnscopedRef]
        public ref Fields Four(uint value)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(_to[Count..], value);
            Count += 4;
            return ref this;
        }

        [System.Diagnostics.CodeAnalysis.UnscopedRef]
        public ref Fields Eight(long value)
        {
            BinaryPrimitives.WriteInt64LittleEndian(_to[Count..], value);
            Count += 8;
            return ref this;
        }

        public void Bytes(ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(_to[Count..]);
            Count += bytes.Length;
        }
    }
}
