namespace Edge.Dimse.Messages;

/// <summary>The classes of statuses (PS3.7 annex C).</summary>
public enum DimseStatusClass
{
    Success,
    Pending,
    Cancel,
    Warning,
    Failure,
}

/// <summary>(0000,0900), with the text of (0000,0902) where there is one.</summary>
/// <param name="Code">The status.</param>
/// <param name="Comment">Error Comment: at most 64 characters are sent; no patient data.</param>
public readonly record struct DimseStatus(ushort Code, string? Comment = null)
{
    public static readonly DimseStatus Success = new(0x0000);
    public static readonly DimseStatus Pending = new(0xFF00);

    /// <summary>Pending, with optional keys that are not supported.</summary>
    public static readonly DimseStatus PendingWithWarning = new(0xFF01);
    public static readonly DimseStatus Cancel = new(0xFE00);
    public static readonly DimseStatus InvalidAttributeValue = new(0x0106);
    public static readonly DimseStatus ProcessingFailure = new(0x0110);
    public static readonly DimseStatus DuplicateSopInstance = new(0x0111);
    public static readonly DimseStatus NoSuchSopInstance = new(0x0112);
    public static readonly DimseStatus NoSuchEventType = new(0x0113);
    public static readonly DimseStatus NoSuchArgument = new(0x0114);
    public static readonly DimseStatus InvalidArgumentValue = new(0x0115);
    public static readonly DimseStatus InvalidSopInstance = new(0x0117);
    public static readonly DimseStatus NoSuchSopClass = new(0x0118);
    public static readonly DimseStatus ClassInstanceConflict = new(0x0119);
    public static readonly DimseStatus MissingAttribute = new(0x0120);
    public static readonly DimseStatus MissingAttributeValue = new(0x0121);
    public static readonly DimseStatus SopClassNotSupported = new(0x0122);
    public static readonly DimseStatus NoSuchActionType = new(0x0123);
    public static readonly DimseStatus NotAuthorized = new(0x0124);
    public static readonly DimseStatus DuplicateInvocation = new(0x0210);
    public static readonly DimseStatus UnrecognizedOperation = new(0x0211);
    public static readonly DimseStatus MistypedArgument = new(0x0212);
    public static readonly DimseStatus ResourceLimitation = new(0x0213);

    /// <summary>C-STORE, C-FIND, C-MOVE, C-GET: refused, out of resources (PS3.4 B.2.3).</summary>
    public static readonly DimseStatus OutOfResources = new(0xA700);

    /// <summary>C-STORE: the data set does not match the SOP class or instance (PS3.4 B.2.3).</summary>
    public static readonly DimseStatus DataSetDoesNotMatch = new(0xA900);

    /// <summary>C-STORE: cannot understand (PS3.4 B.2.3).</summary>
    public static readonly DimseStatus CannotUnderstand = new(0xC000);

    public DimseStatusClass Class => Code switch
    {
        0x0000 => DimseStatusClass.Success,
        0xFF00 or 0xFF01 => DimseStatusClass.Pending,
        0xFE00 => DimseStatusClass.Cancel,
        0x0001 or 0x0107 or 0x0116 or (>= 0xB000 and <= 0xBFFF) => DimseStatusClass.Warning,
        _ => DimseStatusClass.Failure,
    };

    public bool IsSuccess => Code == 0;

    public bool IsPending => Code is 0xFF00 or 0xFF01;

    public static implicit operator DimseStatus(ushort code) => new(code);

    public override string ToString() => $"{Code:X4}H ({Class})";
}
