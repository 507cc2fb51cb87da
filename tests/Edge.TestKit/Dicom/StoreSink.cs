using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Edge.TestKit.Dicom;

/// <summary>How a destination behaves.</summary>
public enum SinkMode
{
    /// <summary>Takes everything at once.</summary>
    Take,

    /// <summary>Rejects associations (PS3.8 9.3.4: transient, temporary congestion).</summary>
    Reject,

    /// <summary>Answers each C-STORE with A700H.</summary>
    Busy,

    /// <summary>Reads slowly.</summary>
    Slow,

    /// <summary>Resets the connection in the middle of every third data set.</summary>
    Reset,
}

/// <summary>
/// A destination of C-STORE made of a socket and the PDU layout of PS3.8 9.3, independent of the code under test: without Nagle's delay, and with the manners of bad ones.
/// Keeps the SHA-256 of each data set by SOP instance UID.
/// </summary>
public sealed class StoreSink : IAsyncDisposable
{
    private const string ImplementationUid = "2.25.330519408712964857.99";
    private readonly CancellationTokenSource _stop = new();
    private readonly bool _hashes;
    private Socket? _listener;
    private Task _accepting = Task.CompletedTask;
    private CancellationTokenSource _down = new();
    private long _begun;
    private long _stored;
    private long _bytes;

    /// <param name="port">0 for a free one.</param>
    /// <param name="hashes">Whether data sets are hashed; a benchmark has other things to do.</param>
    public StoreSink(int port = 0, bool hashes = true)
    {
        _hashes = hashes;
        Port = port == 0 ? Server.FreePort.Next() : port;
    }

    public int Port { get; }

    public SinkMode Mode { get; set; }

    /// <summary>C-STOREs that were answered with success.</summary>
    public long Stored => Interlocked.Read(ref _stored);

    /// <summary>Bytes of PDUs received.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>SOP instance UID to the hashes of the data sets that came under it.</summary>
    public ConcurrentDictionary<string, ConcurrentBag<string>> Received { get; } = new(StringComparer.Ordinal);

    /// <summary>Listens.</summary>
    public void Up()
    {
        if (_listener is not null)
        {
            return;
        }

        _down = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, Port));
        _listener.Listen(64);
        _accepting = AcceptAsync(_listener, _down.Token);
    }

    /// <summary>Listens no more, and breaks every connection.</summary>
    public async Task DownAsync()
    {
        if (_listener is null)
        {
            return;
        }

        await _down.CancelAsync();
        _listener.Dispose();
        _listener = null;
        await _accepting;
    }

    public async ValueTask DisposeAsync()
    {
        await DownAsync();
        await _stop.CancelAsync();
    }

    private async Task AcceptAsync(Socket listener, CancellationToken down)
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                Socket socket = await listener.AcceptAsync(down);
                connections.RemoveAll(static one => one.IsCompleted);
                connections.Add(Task.Run(() => ServeAsync(socket, down), CancellationToken.None));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // It went down.
        }

        await Task.WhenAll(connections);
    }

    private async Task ServeAsync(Socket socket, CancellationToken down)
    {
        byte[] header = new byte[6];
        byte[] body = ArrayPool<byte>.Shared.Rent(1 << 18);
        using MemoryStream command = new();
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using (socket)
        {
            socket.NoDelay = true;
            try
            {
                await using NetworkStream stream = new(socket);
                while (true)
                {
                    await stream.ReadExactlyAsync(header, down);
                    int length = (int)BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(2));
                    if (length > body.Length)
                    {
                        throw new InvalidDataException($"a PDU of {length} bytes");
                    }

                    await stream.ReadExactlyAsync(body.AsMemory(0, length), down);
                    Interlocked.Add(ref _bytes, length);
                    switch (header[0])
                    {
                        case 1 when Mode == SinkMode.Reject:
                            await stream.WriteAsync(new byte[] { 3, 0, 0, 0, 0, 4, 0, 2, 3, 1 }, down);
                            return;
                        case 1:
                            await stream.WriteAsync(Accept(body.AsSpan(0, length)), down);
                            break;
                        case 4:
                            if (Mode == SinkMode.Slow)
                            {
                                await Task.Delay(20, down);
                            }

                            if (Take(body.AsMemory(0, length), command, hash) is { } answer)
                            {
                                await stream.WriteAsync(answer, down);
                            }
                            else if (Mode == SinkMode.Reset && command.Length > 0 && Interlocked.Increment(ref _begun) % 3 == 0)
                            {
                                socket.LingerState = new LingerOption(true, 0); // RST
                                return;
                            }

                            break;
                        case 5:
                            await stream.WriteAsync(new byte[] { 6, 0, 0, 0, 0, 4, 0, 0, 0, 0 }, down);
                            return;
                        default:
                            return;
                    }
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // The peer has gone, or it went down.
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(body);
            }
        }
    }

    /// <summary>The PDVs of one P-DATA-TF; the response where they end a message.</summary>
    private byte[]? Take(ReadOnlyMemory<byte> pdu, MemoryStream command, IncrementalHash hash)
    {
        byte[]? answer = null;
        for (int at = 0; at < pdu.Length;)
        {
            ReadOnlySpan<byte> item = pdu.Span[at..];
            int length = (int)BinaryPrimitives.ReadUInt32BigEndian(item);
            byte context = item[4];
            byte flags = item[5];
            ReadOnlySpan<byte> fragment = item[6..(length + 4)];
            at += length + 4;
            if ((flags & 1) != 0)
            {
                command.Write(fragment);
            }
            else if (_hashes)
            {
                hash.AppendData(fragment);
            }

            if (flags == 2)
            {
                answer = Respond(command, hash, context);
            }
        }

        return answer;
    }

    private byte[] Respond(MemoryStream command, IncrementalHash hash, byte context)
    {
        Dictionary<ushort, byte[]> elements = Elements(command.ToArray());
        command.SetLength(0);
        string digest = _hashes ? Convert.ToHexString(hash.GetHashAndReset()) : "";
        ushort status = Mode == SinkMode.Busy ? (ushort)0xA700 : (ushort)0;
        if (status == 0)
        {
            Received.GetOrAdd(Encoding.ASCII.GetString(elements[0x1000]).TrimEnd('\0'), static _ => []).Add(digest);
            Interlocked.Increment(ref _stored);
        }

        byte[] set =
        [
            .. Element(0x0002, elements[0x0002]), .. Element(0x0100, [0x01, 0x80]), .. Element(0x0120, elements[0x0110]), .. Element(0x0800, [0x01, 0x01]),
            .. Element(0x0900, [(byte)status, (byte)(status >> 8)]), .. Element(0x1000, elements[0x1000]),
        ];
        byte[] groupLength = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(groupLength, set.Length);
        set = [.. Element(0x0000, groupLength), .. set];
        byte[] pdu = new byte[12 + set.Length];
        pdu[0] = 4;
        BinaryPrimitives.WriteInt32BigEndian(pdu.AsSpan(2), set.Length + 6);
        BinaryPrimitives.WriteInt32BigEndian(pdu.AsSpan(6), set.Length + 2);
        (pdu[10], pdu[11]) = (context, 3);
        set.CopyTo(pdu, 12);
        return pdu;
    }

    /// <summary>A-ASSOCIATE-AC for all contexts, each with its first transfer syntax.</summary>
    private static byte[] Accept(ReadOnlySpan<byte> request)
    {
        List<byte> items = [.. Item(0x10, Encoding.ASCII.GetBytes("1.2.840.10008.3.1.1.1"))];
        for (int at = 68; at < request.Length;)
        {
            int length = BinaryPrimitives.ReadUInt16BigEndian(request[(at + 2)..]);
            ReadOnlySpan<byte> item = request.Slice(at + 4, length);
            if (request[at] == 0x20)
            {
                byte[]? syntax = null;
                for (int sub = 4; sub < item.Length;)
                {
                    int size = BinaryPrimitives.ReadUInt16BigEndian(item[(sub + 2)..]);
                    syntax ??= item[sub] == 0x40 ? item.Slice(sub + 4, size).ToArray() : null;
                    sub += 4 + size;
                }

                items.AddRange(Item(0x21, [item[0], 0, 0, 0, .. Item(0x40, syntax!)]));
            }

            at += 4 + length;
        }

        items.AddRange(Item(0x50, [.. Item(0x51, [0, 2, 0, 0]), .. Item(0x52, Encoding.ASCII.GetBytes(ImplementationUid))]));
        byte[] pdu = new byte[6 + 68 + items.Count];
        pdu[0] = 2;
        BinaryPrimitives.WriteInt32BigEndian(pdu.AsSpan(2), 68 + items.Count);
        request[..68].CopyTo(pdu.AsSpan(6));
        items.CopyTo(pdu, 74);
        return pdu;
    }

    private static byte[] Item(byte type, byte[] value) => [type, 0, (byte)(value.Length >> 8), (byte)value.Length, .. value];

    private static byte[] Element(ushort element, byte[] value)
    {
        byte[] bytes = new byte[8 + value.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2), element);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), value.Length);
        value.CopyTo(bytes, 8);
        return bytes;
    }

    private static Dictionary<ushort, byte[]> Elements(byte[] set)
    {
        Dictionary<ushort, byte[]> elements = [];
        for (int at = 0; at < set.Length;)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(set.AsSpan(at + 4));
            elements[BinaryPrimitives.ReadUInt16LittleEndian(set.AsSpan(at + 2))] = set[(at + 8)..(at + 8 + length)];
            at += 8 + length;
        }

        return elements;
    }
}
