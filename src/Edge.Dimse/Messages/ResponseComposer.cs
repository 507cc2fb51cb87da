using Edge.Core.Errors;

namespace Edge.Dimse.Messages;

/// <summary>Command sets of responses from their requests, and the reverse.</summary>
internal static class ResponseComposer
{
    /// <summary>The response's command set: what PS3.7 9.3 and 10.3 copy from the request, and what the handler said.</summary>
    public static CommandSet Compose(CommandSet request, DimseResponse response) => new()
    {
        Field = request.Field.Response(),
        MessageIdBeingRespondedTo = request.MessageId,
        HasDataSet = !response.DataSet.IsEmpty,
        AffectedSopClassUid = request.SopClassUid,
        AffectedSopInstanceUid = response.AffectedSopInstanceUid
            ?? (request.Field == CommandField.CStoreRequest || request.Field.IsNormalized() ? request.SopInstanceUid : null),
        Status = response.Status.Code,
        ErrorComment = response.Status.Comment is { } comment ? OneLine(comment) : null,
        ErrorId = response.ErrorId,
        OffendingElements = response.OffendingElements,
        AttributeIdentifiers = response.AttributeIdentifiers,
        EventTypeId = response.EventTypeId ?? (request.Field == CommandField.NEventReportRequest ? request.EventTypeId : null),
        ActionTypeId = response.ActionTypeId ?? (request.Field == CommandField.NActionRequest ? request.ActionTypeId : null),
        RemainingSuboperations = response.SubOperations?.Remaining,
        CompletedSuboperations = response.SubOperations?.Completed,
        FailedSuboperations = response.SubOperations?.Failed,
        WarningSuboperations = response.SubOperations?.Warning,
    };

    /// <summary>What a received response says.</summary>
    public static DimseResponse Read(CommandSet command, ReadOnlyMemory<byte> dataSet) => new(new DimseStatus(command.Status ?? 0, command.ErrorComment))
    {
        DataSet = dataSet,
        SubOperations = command.CompletedSuboperations is null && command.RemainingSuboperations is null && command.FailedSuboperations is null && command.WarningSuboperations is null
            ? null
            : new SubOperations(command.RemainingSuboperations, command.CompletedSuboperations ?? 0, command.FailedSuboperations ?? 0, command.WarningSuboperations ?? 0),
        AffectedSopInstanceUid = command.AffectedSopInstanceUid,
        EventTypeId = command.EventTypeId,
        ActionTypeId = command.ActionTypeId,
        OffendingElements = command.OffendingElements,
        AttributeIdentifiers = command.AttributeIdentifiers,
        ErrorId = command.ErrorId,
    };

    /// <summary>The status for what a handler threw.</summary>
    public static DimseStatus StatusOf(Exception failure) => failure is EdgeException { Code: var code } known
        ? new DimseStatus(ErrorTable.Of(code).DimseStatus, known.Detail ?? ErrorTable.Of(code).Message)
        : DimseStatus.ProcessingFailure;

    /// <summary>Refused, out of resources, in the terms of the service.</summary>
    public static DimseStatus OutOfResources(CommandField request) => request.IsNormalized() ? DimseStatus.ResourceLimitation : DimseStatus.OutOfResources;

    private static string OneLine(string comment)
    {
        string cut = comment.Length > 64 ? comment[..64] : comment;
        return cut.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0
            ? cut
            : string.Create(cut.Length, cut, static (text, source) =>
            {
                for (int i = 0; i < text.Length; i++)
                {
                    text[i] = source[i] is >= ' ' and <= '~' and not '\\' ? source[i] : ' ';
                }
            });
    }
}
