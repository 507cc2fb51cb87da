using System.Buffers.Binary;

namespace Edge.Dimse.Protocol;

/// <summary>The sub-items of user information (PS3.8 annex D, PS3.7 D.3.3). Unknown ones are skipped.</summary>
internal static class UserInformationCodec
{
    private const byte
        MaximumLength = 0x51, ImplementationClass = 0x52, AsynchronousWindow = 0x53, Role = 0x54, ImplementationVersion = 0x55,
        Extended = 0x56, CommonExtended = 0x57, IdentityRequest = 0x58, IdentityResponse = 0x59;

    public static UserInformation Decode(ReadOnlySpan<byte> item)
    {
        uint maximum = PduLimits.Default;
        string implementation = "";
        string? version = null;
        AsynchronousOperationsWindow? window = null;
        List<RoleSelection> roles = [];
        List<ExtendedNegotiation> extended = [];
        List<CommonExtendedNegotiation> common = [];
        UserIdentity? identity = null;
        ReadOnlyMemory<byte>? response = null;
        ItemReader items = new(item, "user information");
        while (items.Next(out byte type, out ReadOnlySpan<byte> value))
        {
            switch (type)
            {
                case MaximumLength:
                    maximum = BinaryPrimitives.ReadUInt32BigEndian(AtLeast(value, 4, "maximum length"));
                    break;
                case ImplementationClass:
                    implementation = ItemReader.Uid(value);
                    break;
                case ImplementationVersion:
                    version = ItemReader.Text(value);
                    break;
                case AsynchronousWindow:
                    AtLeast(value, 4, "asynchronous operations window");
                    window = new(BinaryPrimitives.ReadUInt16BigEndian(value), BinaryPrimitives.ReadUInt16BigEndian(value[2..]));
                    break;
                case Role:
                    string roleClass = ItemReader.Uid(ItemReader.Counted(ref value, "role selection"));
                    AtLeast(value, 2, "role selection");
                    roles.Add(new(roleClass, value[0] == 1, value[1] == 1));
                    break;
                case Extended:
                    string extendedClass = ItemReader.Uid(ItemReader.Counted(ref value, "extended negotiation"));
                    extended.Add(new(extendedClass, value.ToArray()));
                    break;
                case CommonExtended:
                    common.Add(DecodeCommon(value));
                    break;
                case IdentityRequest:
                    AtLeast(value, 2, "user identity");
                    byte form = value[0];
                    bool wanted = value[1] == 1;
                    value = value[2..];
                    byte[] primary = ItemReader.Counted(ref value, "primary field of the user identity").ToArray();
                    byte[] secondary = value.IsEmpty ? [] : ItemReader.Counted(ref value, "secondary field of the user identity").ToArray();
                    identity = new((UserIdentityType)form, wanted, primary, secondary);
                    break;
                case IdentityResponse:
                    response = ItemReader.Counted(ref value, "server response to the user identity").ToArray();
                    break;
            }
        }

        return new UserInformation
        {
            MaximumPduLength = maximum,
            ImplementationClassUid = implementation,
            ImplementationVersionName = version,
            AsynchronousOperations = window,
            Roles = roles,
            ExtendedNegotiations = extended,
            CommonExtendedNegotiations = common,
            UserIdentity = identity,
            UserIdentityResponse = response,
        };
    }

    public static void Encode(ItemWriter writer, UserInformation information)
    {
        int at = writer.Begin(0x50);
        int sub = writer.Begin(MaximumLength);
        writer.UInt32(information.MaximumPduLength);
        writer.End(sub);
        writer.Item(ImplementationClass, information.ImplementationClassUid);
        if (information.AsynchronousOperations is { } window)
        {
            sub = writer.Begin(AsynchronousWindow);
            writer.UInt16(window.Invoked);
            writer.UInt16(window.Performed);
            writer.End(sub);
        }

        foreach (RoleSelection role in information.Roles)
        {
            sub = writer.Begin(Role);
            writer.Counted(role.SopClass);
            writer.Byte(role.Scu ? (byte)1 : (byte)0);
            writer.Byte(role.Scp ? (byte)1 : (byte)0);
            writer.End(sub);
        }

        if (information.ImplementationVersionName is { } version)
        {
            writer.Item(ImplementationVersion, version);
        }

        foreach (ExtendedNegotiation extended in information.ExtendedNegotiations)
        {
            sub = writer.Begin(Extended);
            writer.Counted(extended.SopClass);
            writer.Bytes(extended.ApplicationInformation.Span);
            writer.End(sub);
        }

        foreach (CommonExtendedNegotiation common in information.CommonExtendedNegotiations)
        {
            EncodeCommon(writer, common);
        }

        if (information.UserIdentity is { } identity)
        {
            sub = writer.Begin(IdentityRequest);
            writer.Byte((byte)identity.Type);
            writer.Byte(identity.ResponseRequested ? (byte)1 : (byte)0);
            writer.Counted(identity.Primary.Span);
            writer.Counted(identity.Secondary.Span);
            writer.End(sub);
        }

        if (information.UserIdentityResponse is { } response)
        {
            sub = writer.Begin(IdentityResponse);
            writer.Counted(response.Span);
            writer.End(sub);
        }

        writer.End(at);
    }

    private static CommonExtendedNegotiation DecodeCommon(ReadOnlySpan<byte> value)
    {
        string sopClass = ItemReader.Uid(ItemReader.Counted(ref value, "SOP class of the common extended negotiation"));
        string serviceClass = ItemReader.Uid(ItemReader.Counted(ref value, "service class of the common extended negotiation"));
        List<string> related = [];
        if (!value.IsEmpty)
        {
            ReadOnlySpan<byte> list = ItemReader.Counted(ref value, "related general SOP classes");
            while (!list.IsEmpty)
            {
                related.Add(ItemReader.Uid(ItemReader.Counted(ref list, "related general SOP class")));
            }
        }

        return new(sopClass, serviceClass, related);
    }

    private static void EncodeCommon(ItemWriter writer, CommonExtendedNegotiation common)
    {
        int sub = writer.Begin(CommonExtended);
        writer.Counted(common.SopClass);
        writer.Counted(common.ServiceClass);
        int length = 0;
        foreach (string uid in common.RelatedGeneralSopClasses)
        {
            length += 2 + uid.Length;
        }

        writer.UInt16(length);
        foreach (string uid in common.RelatedGeneralSopClasses)
        {
            writer.Counted(uid);
        }

        writer.End(sub);
    }

    private static ReadOnlySpan<byte> AtLeast(ReadOnlySpan<byte> value, int length, string what) =>
        value.Length >= length ? value : throw ItemReader.Malformed($"{what} of {value.Length} bytes: it has {length}");
}
