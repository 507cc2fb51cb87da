namespace Edge.Dimse.Messages;

/// <summary>(0000,0100), PS3.7 annex E.</summary>
public enum CommandField : ushort
{
    CStoreRequest = 0x0001,
    CStoreResponse = 0x8001,
    CGetRequest = 0x0010,
    CGetResponse = 0x8010,
    CFindRequest = 0x0020,
    CFindResponse = 0x8020,
    CMoveRequest = 0x0021,
    CMoveResponse = 0x8021,
    CEchoRequest = 0x0030,
    CEchoResponse = 0x8030,
    NEventReportRequest = 0x0100,
    NEventReportResponse = 0x8100,
    NGetRequest = 0x0110,
    NGetResponse = 0x8110,
    NSetRequest = 0x0120,
    NSetResponse = 0x8120,
    NActionRequest = 0x0130,
    NActionResponse = 0x8130,
    NCreateRequest = 0x0140,
    NCreateResponse = 0x8140,
    NDeleteRequest = 0x0150,
    NDeleteResponse = 0x8150,
    CCancelRequest = 0x0FFF,
}

/// <summary>(0000,0700).</summary>
public enum Priority : ushort
{
    Medium = 0,
    High = 1,
    Low = 2,
}

public static class CommandFields
{
    private const ushort ResponseBit = 0x8000;

    public static bool IsResponse(this CommandField field) => ((ushort)field & ResponseBit) != 0;

    /// <summary>The response that belongs to a request.</summary>
    public static CommandField Response(this CommandField request) => (CommandField)((ushort)request | ResponseBit);

    /// <summary>Known to PS3.7.</summary>
    public static bool IsKnown(this CommandField field) => field == CommandField.CCancelRequest
        || (CommandField)((ushort)field & ~ResponseBit) is CommandField.CStoreRequest or CommandField.CGetRequest or CommandField.CFindRequest
            or CommandField.CMoveRequest or CommandField.CEchoRequest or CommandField.NEventReportRequest or CommandField.NGetRequest
            or CommandField.NSetRequest or CommandField.NActionRequest or CommandField.NCreateRequest or CommandField.NDeleteRequest;

    /// <summary>An N-service: its response names the affected SOP class and instance though the request said "requested".</summary>
    public static bool IsNormalized(this CommandField field) => ((ushort)field & ~ResponseBit) is >= 0x0100 and <= 0x0150;
}
