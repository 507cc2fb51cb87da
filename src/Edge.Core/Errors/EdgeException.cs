namespace Edge.Core.Errors;

/// <summary>A failure with a code that every face can translate. Expected absence is null, not an exception.</summary>
/// <param name="code">What failed, in the terms clients know.</param>
/// <param name="detail">What was wrong, naming the value at fault; shown to the client as <c>Details</c>. No patient data.</param>
public class EdgeException(ErrorCode code, string? detail = null, Exception? inner = null)
    : Exception(detail ?? ErrorTable.Of(code).Message, inner)
{
    public ErrorCode Code { get; } = code;

    public string? Detail { get; } = detail;

    /// <summary>The HTTP status where it differs from the table's, else null.</summary>
    public int? HttpStatus { get; init; }

    /// <summary>What programs are told beside the text; null for nothing.</summary>
    public ErrorPayload? Payload { get; init; }
}
