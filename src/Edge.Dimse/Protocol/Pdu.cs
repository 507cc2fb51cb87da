using System.Buffers.Binary;

namespace Edge.Dimse.Protocol;

/// <summary>PDU types of the DICOM upper layer (PS3.8 9.3.1).</summary>
public enum PduType : byte
{
    AssociateRequest = 0x01,
    AssociateAccept = 0x02,
    AssociateReject = 0x03,
    DataTransfer = 0x04,
    ReleaseRequest = 0x05,
    ReleaseResponse = 0x06,
    Abort = 0x07,
}

/// <summary>The six bytes that begin every PDU: type, reserved, length of what follows (big endian).</summary>
/// <param name="Type">The type as sent, known or not.</param>
/// <param name="Length">Bytes after the header, as announced: not to be trusted.</param>
public readonly record struct PduHeader(PduType Type, uint Length)
{
    /// <summary>Bytes of the header.</summary>
    public const int Size = 6;

    public bool IsKnown => Type is >= PduType.AssociateRequest and <= PduType.Abort;

    public static PduHeader Read(ReadOnlySpan<byte> bytes) => new((PduType)bytes[0], BinaryPrimitives.ReadUInt32BigEndian(bytes[2..]));

    public void Write(Span<byte> bytes)
    {
        bytes[0] = (byte)Type;
        bytes[1] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(bytes[2..], Length);
    }
}

/// <summary>The six bytes that begin every presentation data value item of a P-DATA-TF PDU (PS3.8 9.3.5.1 and annex E).</summary>
/// <param name="Length">Bytes of the fragment, without the context id and the control header.</param>
/// <param name="ContextId">The presentation context.</param>
/// <param name="IsCommand">The fragment belongs to a command set, else to a data set.</param>
/// <param name="IsLast">No further fragment of that command or data set follows.</param>
public readonly record struct PdvHeader(uint Length, byte ContextId, bool IsCommand, bool IsLast)
{
    /// <summary>Bytes of the header: item length, context id, message control header.</summary>
    public const int Size = 6;

    /// <summary>Reads a header; the item must lie inside the <paramref name="remaining"/> bytes of its PDU.</summary>
    /// <exception cref="PduFormatException">The item is shorter than its own header or longer than the PDU.</exception>
    public static PdvHeader Read(ReadOnlySpan<byte> bytes, uint remaining)
    {
        uint length = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        if (length < 2)
        {
            throw new PduFormatException(AbortReason.InvalidPduParameterValue, $"PDV item of {length} bytes: it has at least 2");
        }

        if (length > remaining - 4)
        {
            throw new PduFormatException(AbortReason.InvalidPduParameterValue, $"PDV item of {length} bytes in the last {remaining} bytes of its PDU");
        }

        byte control = bytes[5];
        return new PdvHeader(length - 2, bytes[4], (control & 1) != 0, (control & 2) != 0);
    }

    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt32BigEndian(bytes, Length + 2);
        bytes[4] = ContextId;
        bytes[5] = (byte)((IsCommand ? 1 : 0) | (IsLast ? 2 : 0));
    }
}

/// <summary>Limits of PDUs.</summary>
public static class PduLimits
{
    /// <summary>The smallest value of the option <c>MaximumPduLength</c>.</summary>
    public const int Least = 4096;

    /// <summary>The default of the option <c>MaximumPduLength</c>.</summary>
    public const int Default = 16384;

    /// <summary>The largest value of the option <c>MaximumPduLength</c>, and the largest PDU ever sent.</summary>
    public const int Greatest = 131072;

    /// <summary>A peer that announces less cannot be sent a message in sensible pieces: its association is aborted.</summary>
    public const int LeastOfPeer = 128;

    /// <summary>The largest A-ASSOCIATE PDU that is read: 128 presentation contexts with all the transfer syntaxes there are need about a quarter.</summary>
    public const int GreatestAssociate = 1 << 20;

    /// <summary>Presentation contexts that one association can hold: odd ids from 1 to 255 (PS3.8 9.3.2.2). Who needs more splits them over associations.</summary>
    public const int Contexts = 128;
}
