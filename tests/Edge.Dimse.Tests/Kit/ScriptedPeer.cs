using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Edge.Dimse.Messages;
using Edge.Dimse.Protocol;
using Xunit;

namespace Edge.Dimse.Tests.Kit;

/// <summary>The other end of a connection, which sends whatever bytes a test wants and expects bytes or the end.</summary>
internal sealed class ScriptedPeer(Socket socket) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public Socket Socket { get; } = socket;

    public static async Task<ScriptedPeer> ConnectAsync(int port)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return new(socket);
    }

    /// <summary>Connects and opens an association.</summary>
    public static async Task<ScriptedPeer> AssociateAsync(int port, AssociationRequest? request = null)
    {
        ScriptedPeer peer = await ConnectAsync(port);
        await peer.SendAsync(PduCodec.EncodeAssociateRequest(request ?? Request()));
        await peer.ExpectAsync(PduType.AssociateAccept);
        return peer;
    }

    /// <summary>Verification in context 1, CT Image Storage in 3, both in implicit VR little endian.</summary>
    public static AssociationRequest Request() => new()
    {
        CalledAeTitle = "SCP",
        CallingAeTitle = "SCRIPT",
        Contexts = [new(1, DicomUids.Verification, [DicomUids.ImplicitVrLittleEndian]), new(3, SampleObject.CtImageStorage, [DicomUids.ImplicitVrLittleEndian])],
        UserInformation = new UserInformation { MaximumPduLength = 65536 },
    };

    public static byte[] Accept(AssociationRequest request, uint? pduLength = null) => PduCodec.EncodeAssociateAccept(new()
    {
        CalledAeTitle = request.CalledAeTitle,
        CallingAeTitle = request.CallingAeTitle,
        Contexts = [.. request.Contexts.Select(c => ContextAnswer.Accept(c, c.TransferSyntaxes[0]))],
        UserInformation = new UserInformation { MaximumPduLength = pduLength ?? 16384, Roles = request.UserInformation.Roles },
    });

    /// <summary>A P-DATA-TF PDU of the PDVs given.</summary>
    public static byte[] Data(params byte[][] pdvs) => Pdu(PduType.DataTransfer, [.. pdvs.SelectMany(p => p)]);

    public static byte[] Pdv(byte context, bool command, bool last, ReadOnlySpan<byte> bytes)
    {
        byte[] pdv = new byte[PdvHeader.Size + bytes.Length];
        new PdvHeader((uint)bytes.Length, context, command, last).Write(pdv);
        bytes.CopyTo(pdv.AsSpan(PdvHeader.Size));
        return pdv;
    }

    public static byte[] Pdu(PduType type, byte[] body)
    {
        byte[] pdu = new byte[PduHeader.Size + body.Length];
        new PduHeader(type, (uint)body.Length).Write(pdu);
        body.CopyTo(pdu, PduHeader.Size);
        return pdu;
    }

    public static byte[] Command(CommandSet command)
    {
        byte[] bytes = new byte[CommandSetCodec.MeasureLength(command)];
        CommandSetCodec.Encode(command, bytes);
        return bytes;
    }

    public static CommandSet EchoRequest(ushort id = 1) => new() { Field = CommandField.CEchoRequest, MessageId = id, AffectedSopClassUid = DicomUids.Verification };

    public static CommandSet StoreRequest(ushort id = 1) => new()
    {
        Field = CommandField.CStoreRequest, MessageId = id, HasDataSet = true, Priority = Priority.Medium,
        AffectedSopClassUid = SampleObject.CtImageStorage, AffectedSopInstanceUid = "1.2.3.4",
    };

    /// <summary>Of the P-DATA-TF PDUs that were expected, as their headers have it.</summary>
    public uint LongestPdu { get; private set; }

    public async Task SendAsync(params byte[][] parts) => await Socket.SendAsync(parts.SelectMany(p => p).ToArray());

    public Task SendCommandAsync(byte context, CommandSet command) => SendAsync(Data(Pdv(context, true, true, Command(command))));

    /// <summary>The next PDU, which must be of that type; its body.</summary>
    public async Task<byte[]> ExpectAsync(PduType type)
    {
        byte[] header = await ReadAsync(PduHeader.Size) ?? throw new IOException($"closed instead of {type}");
        PduHeader read = PduHeader.Read(header);
        Assert.Equal(type, read.Type);
        LongestPdu = type == PduType.DataTransfer ? Math.Max(LongestPdu, read.Length) : LongestPdu;
        return await ReadAsync((int)read.Length) ?? throw new IOException("closed within a PDU");
    }

    public async Task ExpectAbortAsync(AbortSource source, AbortReason reason)
    {
        byte[] body = await ExpectAsync(PduType.Abort);
        Assert.Equal((source, reason), ((AbortSource)body[2], (AbortReason)body[3]));
    }

    /// <summary>The next message's command set, put together from whatever PDVs; its data set is appended to <paramref name="dataSet"/>.</summary>
    public async Task<CommandSet> ExpectMessageAsync(List<byte>? dataSet = null)
    {
        List<byte> command = [];
        CommandSet? decoded = null;
        while (true)
        {
            byte[] body = await ExpectAsync(PduType.DataTransfer);
            for (int at = 0; at < body.Length;)
            {
                int length = (int)BinaryPrimitives.ReadUInt32BigEndian(body.AsSpan(at));
                byte control = body[at + 5];
                ((control & 1) != 0 ? command : dataSet ?? []).AddRange(body.AsSpan(at + 6, length - 2));
                at += 4 + length;
                if (control == 3)
                {
                    decoded = CommandSetCodec.Decode(command.ToArray());
                    if (!decoded.HasDataSet)
                    {
                        return decoded;
                    }
                }
                else if (control == 2)
                {
                    return decoded ?? throw new IOException("data set before its command");
                }
            }
        }
    }

    public async Task ExpectClosedAsync() => Assert.Null(await ReadAsync(1));

    /// <summary>Nothing comes for a while, and the connection stays.</summary>
    public async Task ExpectSilenceAsync()
    {
        await Task.Delay(50);
        Assert.False(Socket.Poll(0, SelectMode.SelectRead));
    }

    public void Dispose() => Socket.Dispose();

    private async Task<byte[]?> ReadAsync(int count)
    {
        byte[] bytes = new byte[count];
        using CancellationTokenSource timeout = new(Patience);
        for (int filled = 0; filled < count;)
        {
            int read;
            try
            {
                read = await Socket.ReceiveAsync(bytes.AsMemory(filled), timeout.Token);
            }
            catch (SocketException)
            {
                return null; // reset is closed too
            }

            if (read == 0)
            {
                return null;
            }

            filled += read;
        }

        return bytes;
    }
}
