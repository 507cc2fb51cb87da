using System.Buffers.Binary;

namespace Edge.Dimse.Protocol;

/// <summary>
/// PDUs other than P-DATA-TF, which is streamed and never held as a whole. Decoding takes the bytes after the PDU header,
/// checks every length, skips unknown items; encoding gives a whole PDU.
/// </summary>
public static class PduCodec
{
    private const byte ApplicationContext = 0x10, ContextRequest = 0x20, ContextAccept = 0x21, AbstractSyntax = 0x30, TransferSyntax = 0x40, UserInformationItem = 0x50;

    /// <summary>Protocol version, reserved, two AE titles, 32 reserved bytes (PS3.8 9.3.2).</summary>
    private const int AssociateFixed = 68;

    private const int ShortBody = 4;

    /// <summary>A-ASSOCIATE-RQ (PS3.8 9.3.2).</summary>
    /// <exception cref="PduFormatException">A length that lies, a context id that is even or used twice.</exception>
    public static AssociationRequest DecodeAssociateRequest(ReadOnlySpan<byte> body)
    {
        CheckFixed(body, "A-ASSOCIATE-RQ");
        string applicationContext = "";
        UserInformation? user = null;
        List<ProposedContext> contexts = [];
        UInt128 lowIds = 0, highIds = 0;
        ItemReader items = new(body[AssociateFixed..], "A-ASSOCIATE-RQ");
        while (items.Next(out byte type, out ReadOnlySpan<byte> value))
        {
            switch (type)
            {
                case ApplicationContext:
                    applicationContext = ItemReader.Uid(value);
                    break;
                case ContextRequest:
                    ProposedContext context = DecodeProposed(value);
                    ref UInt128 seen = ref context.Id < 128 ? ref lowIds : ref highIds;
                    UInt128 bit = UInt128.One << (context.Id & 127);
                    if ((context.Id & 1) == 0 || (seen & bit) != 0)
                    {
                        throw ItemReader.Malformed($"presentation context id {context.Id}: ids are odd and used once");
                    }

                    seen |= bit;
                    contexts.Add(context);
                    break;
                case UserInformationItem:
                    user = UserInformationCodec.Decode(value);
                    break;
            }
        }

        return new AssociationRequest
        {
            ProtocolVersion = BinaryPrimitives.ReadUInt16BigEndian(body),
            CalledAeTitle = ItemReader.Text(body.Slice(4, 16)),
            CallingAeTitle = ItemReader.Text(body.Slice(20, 16)),
            ApplicationContext = applicationContext,
            Contexts = contexts,
            UserInformation = user ?? new UserInformation { ImplementationClassUid = "", ImplementationVersionName = null },
        };
    }

    /// <summary>A-ASSOCIATE-AC (PS3.8 9.3.3).</summary>
    /// <exception cref="PduFormatException">A length that lies.</exception>
    public static AssociationAccepted DecodeAssociateAccept(ReadOnlySpan<byte> body)
    {
        CheckFixed(body, "A-ASSOCIATE-AC");
        string applicationContext = "";
        UserInformation? user = null;
        List<ContextAnswer> contexts = [];
        ItemReader items = new(body[AssociateFixed..], "A-ASSOCIATE-AC");
        while (items.Next(out byte type, out ReadOnlySpan<byte> value))
        {
            switch (type)
            {
                case ApplicationContext:
                    applicationContext = ItemReader.Uid(value);
                    break;
                case ContextAccept when contexts.Count < 256:
                    contexts.Add(DecodeAnswer(value));
                    break;
                case UserInformationItem:
                    user = UserInformationCodec.Decode(value);
                    break;
            }
        }

        return new AssociationAccepted
        {
            ProtocolVersion = BinaryPrimitives.ReadUInt16BigEndian(body),
            CalledAeTitle = ItemReader.Text(body.Slice(4, 16)),
            CallingAeTitle = ItemReader.Text(body.Slice(20, 16)),
            ApplicationContext = applicationContext,
            Contexts = contexts,
            UserInformation = user ?? new UserInformation { ImplementationClassUid = "", ImplementationVersionName = null },
        };
    }

    /// <summary>A-ASSOCIATE-RJ (PS3.8 9.3.4).</summary>
    public static AssociationRejection DecodeAssociateReject(ReadOnlySpan<byte> body)
    {
        CheckShort(body, "A-ASSOCIATE-RJ");
        return new((RejectResult)body[1], (RejectSource)body[2], body[3]);
    }

    /// <summary>A-ABORT (PS3.8 9.3.8).</summary>
    public static AssociationAbort DecodeAbort(ReadOnlySpan<byte> body)
    {
        CheckShort(body, "A-ABORT");
        return new((AbortSource)body[2], (AbortReason)body[3]);
    }

    /// <exception cref="ArgumentException">More than 128 contexts, an AE title of more than 16 characters, an item too long.</exception>
    public static byte[] EncodeAssociateRequest(AssociationRequest request)
    {
        if (request.Contexts.Count > PduLimits.Contexts)
        {
            throw new ArgumentException($"{request.Contexts.Count} presentation contexts: an association holds {PduLimits.Contexts}");
        }

        ItemWriter writer = new();
        int pdu = BeginAssociate(writer, PduType.AssociateRequest, request.ProtocolVersion, request.CalledAeTitle, request.CallingAeTitle, request.ApplicationContext);
        foreach (ProposedContext context in request.Contexts)
        {
            int at = writer.Begin(ContextRequest);
            writer.Byte(context.Id);
            writer.Zeros(3);
            writer.Item(AbstractSyntax, context.AbstractSyntax);
            foreach (string syntax in context.TransferSyntaxes)
            {
                writer.Item(TransferSyntax, syntax);
            }

            writer.End(at);
        }

        UserInformationCodec.Encode(writer, request.UserInformation);
        writer.EndPdu(pdu);
        return writer.ToArray();
    }

    public static byte[] EncodeAssociateAccept(AssociationAccepted accepted)
    {
        ItemWriter writer = new();
        int pdu = BeginAssociate(writer, PduType.AssociateAccept, accepted.ProtocolVersion, accepted.CalledAeTitle, accepted.CallingAeTitle, accepted.ApplicationContext);
        foreach (ContextAnswer context in accepted.Contexts)
        {
            int at = writer.Begin(ContextAccept);
            writer.Byte(context.Id);
            writer.Byte(0);
            writer.Byte((byte)context.Result);
            writer.Byte(0);
            writer.Item(TransferSyntax, context.TransferSyntax);
            writer.End(at);
        }

        UserInformationCodec.Encode(writer, accepted.UserInformation);
        writer.EndPdu(pdu);
        return writer.ToArray();
    }

    public static byte[] EncodeAssociateReject(AssociationRejection rejection) =>
        [(byte)PduType.AssociateReject, 0, 0, 0, 0, ShortBody, 0, (byte)rejection.Result, (byte)rejection.Source, rejection.Reason];

    public static byte[] EncodeReleaseRequest() => [(byte)PduType.ReleaseRequest, 0, 0, 0, 0, ShortBody, 0, 0, 0, 0];

    public static byte[] EncodeReleaseResponse() => [(byte)PduType.ReleaseResponse, 0, 0, 0, 0, ShortBody, 0, 0, 0, 0];

    public static byte[] EncodeAbort(AssociationAbort abort) =>
        [(byte)PduType.Abort, 0, 0, 0, 0, ShortBody, 0, 0, (byte)abort.Source, (byte)abort.Reason];

    /// <summary>The longest body that is read of a PDU of this type; the server closes on more.</summary>
    public static int GreatestBody(PduType type) => type is PduType.AssociateRequest or PduType.AssociateAccept ? PduLimits.GreatestAssociate : ShortBody;

    private static int BeginAssociate(ItemWriter writer, PduType type, ushort version, string called, string calling, string applicationContext)
    {
        int pdu = writer.BeginPdu(type);
        writer.UInt16(version);
        writer.Zeros(2);
        writer.AeTitle(called);
        writer.AeTitle(calling);
        writer.Zeros(32);
        writer.Item(ApplicationContext, applicationContext);
        return pdu;
    }

    private static ProposedContext DecodeProposed(ReadOnlySpan<byte> value)
    {
        CheckContext(value);
        string? abstractSyntax = null;
        List<string> transferSyntaxes = [];
        ItemReader items = new(value[4..], "presentation context");
        while (items.Next(out byte type, out ReadOnlySpan<byte> sub))
        {
            switch (type)
            {
                case AbstractSyntax:
                    abstractSyntax = ItemReader.Uid(sub);
                    break;
                case TransferSyntax:
                    transferSyntaxes.Add(ItemReader.Uid(sub));
                    break;
            }
        }

        return new(value[0], abstractSyntax ?? throw ItemReader.Malformed($"presentation context {value[0]} has no abstract syntax"), transferSyntaxes);
    }

    private static ContextAnswer DecodeAnswer(ReadOnlySpan<byte> value)
    {
        CheckContext(value);
        string transferSyntax = "";
        ItemReader items = new(value[4..], "presentation context");
        while (items.Next(out byte type, out ReadOnlySpan<byte> sub))
        {
            if (type == TransferSyntax)
            {
                transferSyntax = ItemReader.Uid(sub);
            }
        }

        return new(value[0], (ContextResult)value[2], transferSyntax);
    }

    private static void CheckContext(ReadOnlySpan<byte> value)
    {
        if (value.Length < 4)
        {
            throw ItemReader.Malformed($"presentation context item of {value.Length} bytes: it has at least 4");
        }
    }

    private static void CheckFixed(ReadOnlySpan<byte> body, string what)
    {
        if (body.Length < AssociateFixed)
        {
            throw ItemReader.Malformed($"{what} of {body.Length} bytes: it has at least {AssociateFixed}");
        }
    }

    private static void CheckShort(ReadOnlySpan<byte> body, string what)
    {
        if (body.Length != ShortBody)
        {
            throw ItemReader.Malformed($"{what} of {body.Length} bytes: it has {ShortBody}");
        }
    }
}
