namespace Edge.Dimse.Protocol;

/// <summary>The states of table 9-10, PS3.8 9.2.1; the value is the number.</summary>
public enum AssociationState : byte
{
    None = 0,

    /// <summary>Idle.</summary>
    Sta1 = 1,

    /// <summary>Transport connection open, awaiting A-ASSOCIATE-RQ.</summary>
    Sta2,

    /// <summary>Awaiting the local A-ASSOCIATE response.</summary>
    Sta3,

    /// <summary>Awaiting the transport connection.</summary>
    Sta4,

    /// <summary>Awaiting A-ASSOCIATE-AC or -RJ.</summary>
    Sta5,

    /// <summary>Association established, ready for data.</summary>
    Sta6,

    /// <summary>Awaiting A-RELEASE-RP.</summary>
    Sta7,

    /// <summary>Awaiting the local A-RELEASE response.</summary>
    Sta8,

    /// <summary>Release collision, requestor side: awaiting the local A-RELEASE response.</summary>
    Sta9,

    /// <summary>Release collision, acceptor side: awaiting A-RELEASE-RP.</summary>
    Sta10,

    /// <summary>Release collision, requestor side: awaiting A-RELEASE-RP.</summary>
    Sta11,

    /// <summary>Release collision, acceptor side: awaiting the local A-RELEASE response.</summary>
    Sta12,

    /// <summary>Awaiting the close of the transport connection.</summary>
    Sta13,
}

/// <summary>The events of table 9-10; the value is the number. Those ending in Pdu came from the peer.</summary>
public enum AssociationEvent : byte
{
    AssociateRequest = 1,
    TransportConfirmation = 2,
    AssociateAcceptPdu = 3,
    AssociateRejectPdu = 4,
    TransportIndication = 5,
    AssociateRequestPdu = 6,
    AssociateResponseAccept = 7,
    AssociateResponseReject = 8,
    DataRequest = 9,
    DataPdu = 10,
    ReleaseRequest = 11,
    ReleaseRequestPdu = 12,
    ReleaseResponsePdu = 13,
    ReleaseResponse = 14,
    AbortRequest = 15,
    AbortPdu = 16,
    TransportClosed = 17,
    ArtimExpired = 18,
    InvalidPdu = 19,
}

/// <summary>The actions of tables 9-6 to 9-9.</summary>
public enum AssociationAction : byte
{
    /// <summary>The table's cell is empty: the event cannot happen in that state.</summary>
    None = 0,

    /// <summary>Open the transport connection; Sta4.</summary>
    AE1,

    /// <summary>Send A-ASSOCIATE-RQ; Sta5.</summary>
    AE2,

    /// <summary>Confirm the association; Sta6.</summary>
    AE3,

    /// <summary>Report the rejection, close; Sta1.</summary>
    AE4,

    /// <summary>Start ARTIM; Sta2.</summary>
    AE5,

    /// <summary>Stop ARTIM, indicate the request; Sta3 (what the provider itself cannot accept is rejected from there by AE-8, which does and leads to the same as the other half of AE-6).</summary>
    AE6,

    /// <summary>Send A-ASSOCIATE-AC; Sta6.</summary>
    AE7,

    /// <summary>Send A-ASSOCIATE-RJ, start ARTIM; Sta13.</summary>
    AE8,

    /// <summary>Send P-DATA-TF; Sta6.</summary>
    DT1,

    /// <summary>Indicate P-DATA; Sta6.</summary>
    DT2,

    /// <summary>Send A-RELEASE-RQ; Sta7.</summary>
    AR1,

    /// <summary>Indicate A-RELEASE; Sta8.</summary>
    AR2,

    /// <summary>Confirm A-RELEASE, close; Sta1.</summary>
    AR3,

    /// <summary>Send A-RELEASE-RP, start ARTIM; Sta13.</summary>
    AR4,

    /// <summary>Stop ARTIM; Sta1.</summary>
    AR5,

    /// <summary>Indicate P-DATA; Sta7.</summary>
    AR6,

    /// <summary>Send P-DATA-TF; Sta8.</summary>
    AR7,

    /// <summary>Indicate the release collision; requestor Sta9, acceptor Sta10.</summary>
    AR8,

    /// <summary>Send A-RELEASE-RP; Sta11.</summary>
    AR9,

    /// <summary>Confirm A-RELEASE; Sta12.</summary>
    AR10,

    /// <summary>Send A-ABORT (service user), start ARTIM; Sta13.</summary>
    AA1,

    /// <summary>Stop ARTIM, close; Sta1.</summary>
    AA2,

    /// <summary>Indicate the peer's abort, close; Sta1.</summary>
    AA3,

    /// <summary>Indicate A-P-ABORT; Sta1.</summary>
    AA4,

    /// <summary>Stop ARTIM; Sta1.</summary>
    AA5,

    /// <summary>Ignore the PDU; Sta13.</summary>
    AA6,

    /// <summary>Send A-ABORT; Sta13.</summary>
    AA7,

    /// <summary>Send A-ABORT (service provider), indicate A-P-ABORT, start ARTIM; Sta13.</summary>
    AA8,
}

/// <summary>The upper layer state machine of PS3.8 9.2.3, as data.</summary>
public static class AssociationStateMachine
{
    public const int States = 13;

    public const int Events = 19;

    private const byte
        __ = 0, E1 = 1, E2 = 2, E3 = 3, E4 = 4, E5 = 5, E6 = 6, E7 = 7, E8 = 8, D1 = 9, D2 = 10,
        R1 = 11, R2 = 12, R3 = 13, R4 = 14, R5 = 15, R6 = 16, R7 = 17, R8 = 18, R9 = 19, RX = 20,
        A1 = 21, A2 = 22, A3 = 23, A4 = 24, A5 = 25, A6 = 26, A7 = 27, A8 = 28;

    /// <summary>Table 9-10: a row for each event, a column for each state; E is AE, D is DT, R is AR (RX is AR-10), A is AA.</summary>
    private static ReadOnlySpan<byte> Table =>
    [
        //          Sta1 2   3   4   5   6   7   8   9   10  11  12  13
        /* Evt 1 */ E1, __, __, __, __, __, __, __, __, __, __, __, __,
        /* Evt 2 */ __, __, __, E2, __, __, __, __, __, __, __, __, __,
        /* Evt 3 */ __, A1, A8, __, E3, A8, A8, A8, A8, A8, A8, A8, A6,
        /* Evt 4 */ __, A1, A8, __, E4, A8, A8, A8, A8, A8, A8, A8, A6,
        /* Evt 5 */ E5, __, __, __, __, __, __, __, __, __, __, __, __,
        /* Evt 6 */ __, E6, A8, __, A8, A8, A8, A8, A8, A8, A8, A8, A7,
        /* Evt 7 */ __, __, E7, __, __, __, __, __, __, __, __, __, __,
        /* Evt 8 */ __, __, E8, __, __, __, __, __, __, __, __, __, __,
        /* Evt 9 */ __, __, __, __, __, D1, __, R7, __, __, __, __, __,
        /* Evt10 */ __, A1, A8, __, A8, D2, R6, A8, A8, A8, A8, A8, A6,
        /* Evt11 */ __, __, __, __, __, R1, __, __, __, __, __, __, __,
        /* Evt12 */ __, A1, A8, __, A8, R2, R8, A8, A8, A8, A8, A8, A6,
        /* Evt13 */ __, A1, A8, __, A8, A8, R3, A8, A8, RX, R3, A8, A6,
        /* Evt14 */ __, __, __, __, __, __, __, R4, R9, __, __, R4, __,
        /* Evt15 */ __, __, A1, A2, A1, A1, A1, A1, A1, A1, A1, A1, __,
        /* Evt16 */ __, A2, A3, __, A3, A3, A3, A3, A3, A3, A3, A3, A2,
        /* Evt17 */ __, A5, A4, A4, A4, A4, A4, A4, A4, A4, A4, A4, R5,
        /* Evt18 */ __, A2, __, __, __, __, __, __, __, __, __, __, A2,
        /* Evt19 */ __, A1, A8, __, A8, A8, A8, A8, A8, A8, A8, A8, A7,
    ];

    /// <summary>The state after each action, in the order of <see cref="AssociationAction"/>; AR-8 leads the acceptor to Sta10.</summary>
    private static ReadOnlySpan<byte> After =>
    [
        0,
        4, 5, 6, 1, 2, 3, 6, 13,            // AE-1 .. AE-8
        6, 6,                               // DT-1, DT-2
        7, 8, 1, 13, 1, 7, 8, 9, 11, 12,    // AR-1 .. AR-10
        13, 1, 1, 1, 1, 13, 13, 13,         // AA-1 .. AA-8
    ];

    /// <summary>What to do, and the state that follows; (<see cref="AssociationAction.None"/>, the same state) where the event cannot happen.</summary>
    /// <param name="state">The current state, Sta1 to Sta13.</param>
    /// <param name="occurred">The event.</param>
    /// <param name="requestor">This side asked for the association: decides a release collision (AR-8).</param>
    public static (AssociationAction Action, AssociationState Next) Next(AssociationState state, AssociationEvent occurred, bool requestor)
    {
        var action = (AssociationAction)Table[(((int)occurred - 1) * States) + (int)state - 1];
        return action switch
        {
            AssociationAction.None => (action, state),
            AssociationAction.AR8 when !requestor => (action, AssociationState.Sta10),
            _ => (action, (AssociationState)After[(int)action]),
        };
    }
}
